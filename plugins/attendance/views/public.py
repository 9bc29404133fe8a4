"""What everybody sees: outcomes that can be cited, and what a certificate proves."""

from __future__ import annotations

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.attendance import certificates, outcomes, pages
from plugins.attendance.views.base import CHECKS, blueprint, private
from plugins.paper import interface as paper
from plugins.roundtables import interface as roundtables
from portal.errors import Invalid
from portal.i18n import _, day
from portal.people import throttle
from portal.web.access import ANYONE, allow


@blueprint.get("/round-tables/<slug>/outcomes")
@allow(ANYONE)
def index(slug: str) -> ResponseReturnValue:
    """Show what the tables of a series found, and who was there by group."""
    series = roundtables.series(g.ctx, slug)
    found = outcomes.published(series.tables)
    if not found:
        raise roundtables.missing()
    return render_template(
        "attendance/outcomes.html",
        series=series,
        host=series.host,
        tables=[
            pages.outcome(g.ctx, series, one, found[one.id])
            for one in series.tables
            if one.id in found
        ],
        counts=pages.pictures(series),
        tells_counts=True,
    )


@blueprint.get("/round-tables/<slug>/outcomes/<int(max=999):number>")
@allow(ANYONE)
def show(slug: str, number: int) -> ResponseReturnValue:
    """Show what one table found, at an address that stays."""
    series = roundtables.series(g.ctx, slug)
    if series.slug != slug:
        return redirect(f"/round-tables/{series.slug}/outcomes/{number}", 301)
    tables = [one for one in series.tables if one.number == number]
    found = outcomes.published(tables)
    if not found:
        raise roundtables.missing()
    table = tables[0]
    return render_template(
        "attendance/outcome.html",
        series=series,
        host=series.host,
        item=pages.outcome(g.ctx, series, table, found[table.id]),
        json_ld=pages.json_ld(series, table, found[table.id]),
    )


@private.route("/round-tables/certificates", methods=["GET", "POST"])
@allow(ANYONE, rate="round-table")
def certificate() -> ResponseReturnValue:
    """Check a certificate by its file, or go to a code that is typed."""
    code, sent = request.form.get("code", "").strip()[:40], request.files.get("file")
    if request.method == "GET":
        return _page()
    _spend()
    data = sent.read(paper.MOST_BYTES + 1) if sent and sent.filename else b""
    try:
        if data:
            return _page(certificates.check_file(data))
        if not paper.code_digits(code):
            told = _("Type the twelve letters and digits of the paper, such as 7K4M-2QXF-9T3A.")
            raise Invalid(told, "code")
    except Invalid as error:
        return _page(code=code, told=error.message, field=error.field or "file"), 422
    return redirect(f"/round-tables/certificates/{code.upper().replace(' ', '')}", 303)


@private.route("/round-tables/certificates/<code>", methods=["GET", "POST"])
@allow(ANYONE, rate="round-table")
def certificate_of(code: str) -> ResponseReturnValue:
    """Show what a code proves; whoever has the paper types the name that stands on it."""
    _spend()
    name = request.form.get("name", "")[:200] if request.method == "POST" else ""
    verdict = certificates.check(code, name)
    return _page(verdict, code, name), 404 if verdict.kind == "unknown" else 200


def _page(
    verdict: certificates.Verdict | None = None,
    code: str = "",
    name: str = "",
    told: str = "",
    field: str = "",
) -> str:
    shown = None
    if verdict and verdict.series and verdict.table:
        shown = pages.table(verdict.series, verdict.table)
    return render_template(
        "attendance/certificate.html",
        verdict=verdict,
        table=shown,
        host=verdict.series.host if verdict and verdict.series else None,
        issued=day(verdict.issued_at) if verdict and verdict.issued_at else "",
        code=code,
        name=name,
        told=told,
        field=field,
    )


def _spend() -> None:
    throttle.spend(g.ctx, CHECKS, throttle.network(request.remote_addr))
