"""What this plugin answers when the portal and the round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.roundtable_rules import curves, views
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal.context import Context
from portal.hookspecs import Event, JobKind, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

SETTABLE = ("draft", "published", "closed")


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Compute more points of what a loss of breadth gives and costs."""
    return [JobKind(curves.KIND, curves.run, lazy("Compute the curve of a draw"), attempts=2)]


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Go on with the curve once the answers of a try are there; of large pools a host asks for it."""
    if event.name == "round_tables.tried":
        curves.follow(ctx, event.subject_id)


@hookimpl(optionalhook=True)
def roundtables_sections(
    ctx: Context, page: str, series: Series, token: str
) -> Sequence[Mapping[str, Any]]:
    """Offer the host the rules, beside the series and under "Check this draw"; there the curve, too."""
    if page not in ("host", "draw"):
        return []
    base = f"/round-tables/{series.slug}"
    found: list[dict[str, Any]] = []
    if series.state in SETTABLE:
        found.append({"title": _("Rules of the draw"), "url": f"{base}/rules"})
    if page == "draw":
        points = curves.points(roundtables.newest_try(series))
        url = f"{base}/allocation/curve"
        found.append({"title": _("The whole curve"), "url": url, "points": points})
    return found
