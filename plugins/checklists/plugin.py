"""What the checklists plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup

from plugins.checklists import demo, rules, service, views
from plugins.mobilities.interface import own_organisations, seen
from portal.context import Context
from portal.hookspecs import JobKind, Progress, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer to those who write for an organisation to change the steps of its stays."""
    own = [item for item in own_organisations(ctx) if item.id == organisation_id]
    return [(_("Steps of our stays"), f"/organisations/{item.slug}/steps") for item in own]


def _forget(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.forget(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Delete old files once a day."""
    return [
        JobKind("checklists.forget", _forget, lazy("Delete files of stays after three years"), DAY)
    ]


@hookimpl(optionalhook=True)
def mobilities_list(ctx: Context, organisation_id: int) -> int:
    """Name an organisation's own list, where it has one."""
    row = service.newest(organisation_id)
    return service.number_of(row) if row and row.changes != rules.NOTHING else 0


@hookimpl(optionalhook=True)
def mobilities_steps(ctx: Context, number: int) -> Sequence[Mapping[str, Any]]:
    """Return the steps of an own list."""
    return service.steps(number)


@hookimpl(optionalhook=True)
def mobilities_list_name(ctx: Context, number: int) -> str:
    """Say that the steps of a stay are those of its sending organisation."""
    row = service.of_number(number)
    if row is None:
        return ""
    text = _("These steps are the own list of %(name)s, version %(number)s; it goes before the "
             "usual list.", name=row.organisation.name, number=row.number)  # fmt: skip
    return str(text)


@hookimpl(optionalhook=True)
def mobilities_step_shown(
    ctx: Context, mobility_id: int, public_id: str, keys: Collection[str], may: Collection[str]
) -> Mapping[str, Markup]:
    """Show files below steps, and offer to attach one."""
    rows = service.proofs(mobility_id)
    sides = seen(ctx, public_id).sides if rows else ()
    found = {}
    for key in keys:
        own = [row for row in rows if row.step == key]
        may_attach = key in may and key not in rules.NO_FILES and len(own) < rules.MOST_OF_STEP
        if own or may_attach:
            values = {"rows": own, "sides": sides, "may_attach": may_attach, "key": key}
            part = render_template(
                "checklists/proofs.html", here=f"/mobilities/{public_id}", **values
            )
            found[key] = Markup(part)  # noqa: S704  from a template
    return found


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say that a list stays where it was: two can't become one."""
    return {"checklists_list.organisation_id": {"title": lazy("Own checklist"), "stays": True}}


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Let a made-up organisation have a list of its own."""
    demo.load(ctx)
