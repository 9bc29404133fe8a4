"""What the partners plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from flask import Blueprint

from plugins.partners import (
    api,
    cli,
    demo,
    documents,
    first_steps,
    home,
    importing,
    keeping,
    profiles,
    publishing,
    queries,
    search,
    service,
    views,
    workflow,
)
from plugins.search.interface import SearchPage
from portal import versions
from portal.context import Context
from portal.hookspecs import (
    FooterLink,
    HomeContribution,
    ImportColumns,
    ImportedOrganisation,
    ImportProblem,
    ImportValue,
    MenuItem,
    ObjectType,
    RoleSource,
    Transition,
    Versioned,
    Workflow,
    hookimpl,
)
from portal.i18n import _, lazy_gettext

STAYS: Mapping[str, Any] = {"stays": True}
"""Nobody promises for others: of two entries the one that stays says what it keeps."""


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages and the API."""
    return [views.blueprint, api.blueprint]


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer the command."""
    return [("", cli.group)]


@hookimpl
def menu_list(ctx: Context) -> Sequence[MenuItem]:
    """Offer the search."""
    return [MenuItem(lazy_gettext("Partners"), "partners.results", 10)]


@hookimpl
def footer_list(ctx: Context) -> Sequence[FooterLink]:
    """Offer the pages that explain."""
    return [
        FooterLink(lazy_gettext("How results are ordered"), "partners.order", 10),
        FooterLink(lazy_gettext("About the data"), "partners.about_data", 20),
    ]


@hookimpl(optionalhook=True)
def saved_pages(ctx: Context) -> Sequence[SearchPage]:
    """Let people keep searches of partners."""
    return [keeping.PAGE]


@hookimpl
def home_show(ctx: Context) -> HomeContribution:
    """Offer the hero with the search and the map, and what a newcomer should know."""
    return HomeContribution(hero=home.hero(ctx), columns=home.columns(), order=10)


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer the profile and its editing."""
    slug, found = home.slug_of(organisation_id), queries.publication(organisation_id)
    state = found.state if found else workflow.PUBLISHED
    links: list[tuple[Any, str]] = []
    if queries.role_in(ctx, organisation_id):
        change = queries.open_change(organisation_id)
        step = profiles.next_step(state, change.state if change else None)
        links.append((step, workflow.path(slug)))
    if state == workflow.PUBLISHED:
        links.append((_("Public profile"), f"/partners/{slug}"))
    elif links:
        links.append((_("Profile"), f"/partners/{slug}"))
    if service.may_edit(ctx, organisation_id):
        links.append((_("Edit the profile"), f"/partners/{slug}/edit"))
    return links


@hookimpl
def organisation_changed(ctx: Context, ids: Sequence[int]) -> None:
    """Begin the way of those that are claimed to the public; bring the search up to date."""
    publishing.begin(ctx, ids)
    documents.refresh(ctx, ids)


@hookimpl
def organisation_removed(ctx: Context, ids: Sequence[int]) -> None:
    """Take organisations out of the search, and the versions of their profiles."""
    documents.forget(ids)
    publishing.forget(ids)
    versions.forget(service.VERSIONED.type, list(ids))


@hookimpl
def organisation_concealed(ctx: Context, ids: Sequence[int]) -> Sequence[int]:
    """Keep profiles that are not published from everybody's eyes on other pages too."""
    return queries.not_public(ids)


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of a profile and that of a change of its promises."""
    return [workflow.FLOW, workflow.CHANGE_FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the two, so that reviewers find them among their tasks."""
    return workflow.TYPES


@hookimpl
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Let a profile that is shared to be edited be edited as a whole."""
    return [workflow.shared_changes(ctx)] if object_type.name == workflow.CHANGE else []


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step, whichever page it was taken on."""
    if obj_type in workflow.TYPES:
        publishing.carry_out(ctx, obj, transition, entry.comment)


@hookimpl
def import_columns(ctx: Context) -> ImportColumns:
    """Name the profile's columns of the organisations file."""
    return ImportColumns(importing.COLUMNS)


@hookimpl
def organisation_imported(
    ctx: Context, rows: Sequence[ImportedOrganisation]
) -> Sequence[ImportProblem]:
    """Store the profile's part of imported rows."""
    return importing.import_rows(ctx, rows)


@hookimpl
def import_values(ctx: Context, rows: Sequence[ImportedOrganisation]) -> Sequence[ImportValue]:
    """Say what imported rows say of profiles, and what these say."""
    return importing.values(rows)


@hookimpl
def import_values_taken(ctx: Context, values: Mapping[int, Mapping[str, str]]) -> None:
    """Write what an import or its undoing changes of profiles."""
    importing.take(ctx, values)


@hookimpl
def reference_load(ctx: Context) -> None:
    """Find what changed while the plugin was off."""
    service.catch_up(ctx)


@hookimpl
def upkeep_run(ctx: Context) -> None:
    """Find what changed while the plugin was off, wherever it was switched on; forget old misses."""
    service.catch_up(ctx)
    search.forget_misses()


@hookimpl
def demo_load(ctx: Context) -> None:
    """Load the demonstration set."""
    demo.load(ctx)


@hookimpl
def version_list(ctx: Context) -> Sequence[Versioned]:
    """Offer the versions of profiles."""
    return [service.VERSIONED]


@hookimpl
def plugin_purged(ctx: Context, plugin: str) -> None:
    """Take the documents along when this plugin is purged."""
    if plugin == "partners":
        documents.forget(documents.known())


@hookimpl(optionalhook=True)
def first_step_list(ctx: Context, aim: str) -> Sequence[Mapping[str, Any]]:
    """Offer the steps to a profile that is seen."""
    return first_steps.steps(ctx, aim)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them."""
    fields = {"fields": service.VERSIONED, "together": {"summaries": ("original",)}}
    return {
        "partners_profile.organisation_id": {"title": lazy_gettext("Profile"), **fields},
        "partners_commitment.organisation_id": {"title": lazy_gettext("Quality promises"), **STAYS},
        "partners_publication.organisation_id": {"title": lazy_gettext("Publication"), **STAYS},
        "partners_change.organisation_id": {"title": lazy_gettext("Changed promises"), **STAYS},
    }
