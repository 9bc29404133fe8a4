"""What the documents plugin answers when consortia and the portal ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.consortia.interface import Section, Seen
from plugins.documents import demo, queries, rules, service, views
from portal.context import Context
from portal.hookspecs import JobKind, Progress, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

DAY = 86_400
ORDER = 48


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Put the documents into the menu once there is one; before, offer them to the lead."""
    about = _("Keep files in one place, with every version, and say who reads them.")
    address = f"/consortia/{consortium.slug}/documents"
    return [Section(_("Documents"), address, ORDER, about, is_on=queries.any_kept(consortium))]


@hookimpl(optionalhook=True)
def consortia_links(ctx: Context, consortium: Seen) -> Sequence[tuple[str, str]]:
    """Lead to the documents that everybody may read."""
    if not queries.any_kept(consortium, (rules.PUBLIC,)):
        return []
    return [(_("Documents for everybody"), f"/consortia/{consortium.slug}/documents")]


@hookimpl(optionalhook=True)
def consortia_archive(ctx: Context, consortium: Seen) -> Mapping[str, bytes]:
    """Add the newest version of what the reader may read, and a list of it."""
    own = queries.writes_for(ctx, consortium)
    rows = queries.listed(consortium, queries.readable(consortium, own))
    files = {"documents.csv": views.table(rows)} if rows else {}
    for at, row in enumerate(rows, 1):
        files[f"{at:03}-{row.file_name}"] = queries.content(row)
    return files


def _forget(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.forget(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Delete once a day what was removed long ago."""
    title = lazy("Delete documents that were removed a month ago")
    return [JobKind("documents.forget", _forget, title, DAY)]


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say that documents go along with the organisation that added them."""
    title = lazy("Documents of consortia")
    return {
        "documents_document.organisation_id": {"title": title},
        "documents_version.organisation_id": {"title": title},
    }


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Let the made-up consortium keep some documents."""
    demo.load(ctx)
