"""What the attendance plugin answers when the portal and the round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.attendance import demo, keeping, letters, outcomes, reminding, views
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal.context import Context
from portal.hookspecs import FooterLink, JobKind, Progress, Task, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

QUARTER, DAY = 900, 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages: those of everybody and hosts, and those that leave no copy behind."""
    return [views.blueprint, views.private]


@hookimpl
def footer_list(ctx: Context) -> Sequence[FooterLink]:
    """Offer the check of certificates: whoever holds one may never have been here."""
    return [FooterLink(_("Check a certificate"), "attendance_own.certificate", 31)]


@hookimpl(optionalhook=True)
def roundtables_sections(
    ctx: Context, page: str, series: Series, token: str
) -> Sequence[Mapping[str, Any]]:
    """Offer outcomes to everybody, the pages of a table to its host and to those with a seat."""
    tables = [one for one in series.tables if one.cancelled_at is None]
    base = f"/round-tables/{series.slug}"
    if page == "series":
        is_there = bool(outcomes.published(tables))
        return [{"title": _("Outcomes"), "url": f"{base}/outcomes"}] if is_there else []
    if page not in ("host", "mine") or series.state not in roundtables.HELD:
        return []
    if page == "host":
        names = (
            (_("Who came"), "attendance"),
            (_("Groups"), "groups"),
            (_("Outcomes"), "outcomes"),
            (_("Survey"), "survey"),
        )
        return [
            {"title": title, "url": f"{base}/tables/{one.public_id}/{name}", "table": one.public_id}
            for one in tables
            for title, name in names
        ]
    return [
        {
            "title": _("At the table and after it"),
            "url": f"/round-tables/my/{token}/tables/{{seat}}",
            "table": one.public_id,
        }
        for one in tables
    ]


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer comments that nobody of the host has read yet, and what the host is to do."""
    found = [
        Task(
            _("To do after a round table: %(what)s", what=what),
            reminding.page(series, table),
            since,
            due,
            kind=_("Round tables"),
        )
        for series, table, what, since, due in reminding.waiting(ctx)
    ]
    return found + [
        Task(
            _("Read comments on outcomes: %(topic)s", topic=table.topic),
            f"/round-tables/{series.slug}/tables/{table.public_id}/outcomes#comments",
            since,
            kind=_("Round tables"),
        )
        for series, table, since in outcomes.to_read(ctx)
    ]


def _look_after(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    letters.look_after(ctx)
    reminding.look_after(ctx)


def _forget(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    keeping.forget(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Write to those who came; delete what hung on people whose names are gone."""
    return [
        JobKind(
            "attendance.look_after",
            _look_after,
            lazy("Write to those who came to a round table, and remind of what was agreed"),
            QUARTER,
        ),
        JobKind(
            "attendance.forget",
            _forget,
            lazy("Delete what belonged to people of old round tables"),
            DAY,
        ),
    ]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what hosts are reminded of."""
    title = lazy("Something that was agreed at a round table of your organisation is due")
    return [{"kind": reminding.NOTICE, "title": title}]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Show a table that was held, with groups, outcomes, a survey and comments; all made up."""
    demo.load(ctx)
