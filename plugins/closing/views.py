"""The page of the closing, its forms, and the archive as a file."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request
from flask.typing import ResponseReturnValue

from plugins.closing import archive, forms, rules, service
from plugins.consortia.interface import LEAD, LEADS, STRANGERS, Seen, find, led, page
from portal.errors import Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("closing", __name__)


@blueprint.get("/consortia/<slug>/closing")
@allow(SIGNED_IN, owner=STRANGERS)
def show(slug: str) -> ResponseReturnValue:
    """Show what is open before the consortium closes, the archive and how long records stay."""
    return _show(find(g.ctx, slug))


def _show(
    here: Seen, report: Any = None, keep: Any = None, status: int = 200
) -> ResponseReturnValue:
    row = service.of(here)
    day = date.fromisoformat(row.keep_until) if row.keep_until else service.usual_end(g.ctx, here)
    handed_in = date.fromisoformat(row.reported_on) if row.reported_on else None
    points = service.points(g.ctx, here)
    return page(
        here,
        "closing/show.html",
        "closing",
        status,
        points=points,
        left=rules.open_points(points),
        closing=row,
        handed_in=handed_in,
        until=day,
        runs=here.part == LEAD and here.state != "closed",
        report=report or forms.ReportForm(data={"report": row.report, "reported_on": handed_in}),
        keep=keep or forms.KeepForm(data={"keep_until": day}),
    )


@blueprint.post("/consortia/<slug>/closing/report")
@allow(SIGNED_IN, owner=LEADS)
def report(slug: str) -> ResponseReturnValue:
    """Note the final report."""
    here = led(g.ctx, slug)
    form = forms.ReportForm(request.form)
    if form.validate():
        try:
            service.report(g.ctx, here, form.report.data or "", form.reported_on.data)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The report is noted."))
            return redirect(f"/consortia/{here.slug}/closing", 303)
    return _show(here, report=form, status=422)


@blueprint.post("/consortia/<slug>/closing/keep")
@allow(SIGNED_IN, owner=LEADS)
def keep(slug: str) -> ResponseReturnValue:
    """Say until when records are kept."""
    here = led(g.ctx, slug)
    form = forms.KeepForm(request.form)
    if form.validate():
        try:
            service.keep(g.ctx, here, form.keep_until.data)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Saved."))
            return redirect(f"/consortia/{here.slug}/closing", 303)
    return _show(here, keep=form, status=422)


@blueprint.post("/consortia/<slug>/closing/archive")
@allow(SIGNED_IN, owner=LEADS)
def make_archive(slug: str) -> ResponseReturnValue:
    """Make the archive, note that, and give it."""
    here = led(g.ctx, slug)
    return _file(here, service.make_archive(g.ctx, here))


@blueprint.get("/consortia/<slug>/closing/archive.zip")
@allow(SIGNED_IN, owner=STRANGERS)
def give_archive(slug: str) -> ResponseReturnValue:
    """Give members the archive as it is now."""
    here = find(g.ctx, slug)
    return _file(here, archive.bundle(g.ctx, here))


def _file(here: Seen, made: bytes) -> Response:
    answer = Response(made, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{here.slug}.zip"'
    return answer
