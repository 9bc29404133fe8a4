"""What saved searches and shortlists answer when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.saved import api, looking, queries, service, views
from portal.context import Context
from portal.hookspecs import JobKind, Progress, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

EVERY = 60
"""Seconds between two looks at what is new; one that finds nothing changed costs two statements."""


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages and the API."""
    return [views.blueprint, api.blueprint]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the searches that a person keeps."""
    return [(_("Saved searches"), "saved.index_page")]


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer its shortlist to the people of an organisation."""
    if not queries.member_of(ctx, organisation_id):
        return []
    slug = Organisation.get_by_id(organisation_id).slug
    return [(_("Shortlist"), f"/organisations/{slug}/shortlist")]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told."""
    return looking.KINDS


def _look(ctx: Context, _payload: Mapping[str, Any], progress: Progress) -> None:
    looking.run(ctx, progress)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Look for what is new in saved searches."""
    title = lazy("Look for what is new in saved searches")
    return [JobKind("saved.look", _look, title, EVERY)]


@hookimpl
def upkeep_run(ctx: Context) -> None:
    """Delete what was put away and not brought back."""
    service.expire(ctx)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with shortlists; nobody stands on their own."""
    own = "r.organisation_id IN ({kept}, {gone}) AND r.partner_id IN ({kept}, {gone})"
    listed, lists = lazy("Shortlists it stands on"), lazy("Partners on its shortlist")
    return {
        "saved_entry.organisation_id": {"title": lists, "same": ["partner_id"], "stays": own},
        "saved_entry.partner_id": {"title": listed, "same": ["organisation_id"], "stays": own},
    }
