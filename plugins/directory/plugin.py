"""What the directory plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import peewee
from flask import Blueprint
from markupsafe import Markup

from plugins.directory import finding, policy, rules, service, views
from portal.context import Context
from portal.hookspecs import ObjectType, Versioned, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.policy import may_edit


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def organisation_checked(ctx: Context, values: Mapping[str, str]) -> Mapping[str, str]:
    """Write names and towns that are wholly in capitals the way people write them; refuse links."""
    if ctx.actor.signed_in:
        rules.check_no_address(values)
    return rules.softened(values)


@hookimpl
def organisation_changed(ctx: Context, ids: Sequence[int]) -> None:
    """Keep what the names look like."""
    finding.note_names(ids)


@hookimpl
def reference_load(ctx: Context) -> None:
    """Note what the names look like that are there already."""
    finding.catch_up()


@hookimpl
def upkeep_run(ctx: Context) -> None:
    """Note the names that came while nobody listened."""
    finding.catch_up()


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer names and numbers to editors."""
    found: Organisation = Organisation.get_by_id(organisation_id)
    if not may_edit(ctx.actor, found):
        return []
    return [(_("Names and numbers"), f"/organisations/{found.slug}/names")]


@hookimpl
def organisation_sections(ctx: Context, organisation_id: int) -> Sequence[Markup]:
    """Show names, numbers, sources, likely twins and visibility on the organisation's own page."""
    shown = views.sections(ctx, Organisation.get_by_id(organisation_id))
    return [Markup(shown)]  # noqa: S704


@hookimpl
def version_list(ctx: Context) -> Sequence[Versioned]:
    """Offer the versions of names and numbers."""
    return [service.VERSIONED]


@hookimpl
def permission_veto(
    ctx: Context, permission: str, object_type: ObjectType, ids: peewee.Select
) -> peewee.Select | None:
    """Let nobody decide about their own organisation, or about one of the operator's as its people."""
    return policy.vetoed(ctx, permission, object_type, ids)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Leave what names look like: it follows the names by itself."""
    return {"directory_form.organisation_id": {"title": lazy("Other names"), "stays": True}}
