"""What checklists of consortia answer when the portal, consortia and mobilities ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.consortia import interface as consortia
from plugins.consortia.interface import LEAD, Section, Seen
from plugins.consortium_steps import demo, service, views
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _

ORDER = 46


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Add the list to a consortium that has one, and offer one to its lead."""
    has_own = bool(service.newest([consortium.id]))
    if not has_own and consortium.part != LEAD:
        return []
    about = _("One list of steps for all stays between members.")
    return [Section(_("Steps"), f"/consortia/{consortium.slug}/steps", ORDER, about, has_own)]


@hookimpl(optionalhook=True)
def mobilities_list(ctx: Context, organisation_id: int, host_id: int, starts_on: str) -> int:
    """Name the list of a consortium to which both sides belong."""
    return service.list_for(ctx, {organisation_id, host_id}, starts_on)


@hookimpl(optionalhook=True)
def mobilities_steps(ctx: Context, number: int) -> Sequence[Mapping[str, Any]]:
    """Return the steps of a consortium's list."""
    return service.steps(number)


@hookimpl(optionalhook=True)
def mobilities_list_name(ctx: Context, number: int) -> str:
    """Say that the steps of a stay are those of a consortium."""
    row = service.of_number(number)
    found = consortia.of_ids(ctx, [row.consortium_id]) if row else {}
    if row is None or row.consortium_id not in found:
        return ""
    text = _("These steps are the list of the consortium %(name)s, version %(number)s: both sides "
             "are members. It goes before the sending organisation's own list, and that before the "
             "usual list.", name=found[row.consortium_id].name, number=row.number)  # fmt: skip
    return str(text)


@hookimpl(optionalhook=True)
def checklists_before(ctx: Context, organisation_id: int) -> Sequence[str]:
    """Say which consortia of an organisation have a list that goes before its own."""
    day = ctx.clock.now().date().isoformat()
    return [_sentence(seen.name) for seen in service.shared_by(ctx, [organisation_id], day)]


def _sentence(name: str) -> str:
    return str(
        _("Stays with other members of %(name)s begin with the list of that consortium: it goes "
          "before yours, and yours before the usual list.", name=name)
    )  # fmt: skip


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Let the made-up consortium have a list of its own."""
    demo.load(ctx)
