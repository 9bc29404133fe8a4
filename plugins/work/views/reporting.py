"""The recurring report as page, PDF and sheet."""

from __future__ import annotations

from datetime import date

from flask import Response, flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import LEAD, LEADS, STRANGERS, Seen, spend
from plugins.paper import interface as paper
from plugins.partners.interface import respond
from plugins.work import forms, labels, queries, report, rules, service
from plugins.work.views.base import BASE, back, blueprint, find, led, page, today
from portal.i18n import _, number
from portal.web.access import SIGNED_IN, allow


def _asked() -> tuple[str, date, date]:
    """Return the period of the address: this month, where it says nothing that can be read."""
    kind = request.args.get("period", "month")
    kind = kind if kind in rules.PERIODS else "month"
    first = _day("from" if kind == "own" else "on") or today()
    if kind != "own":
        return kind, *rules.period(kind, first)
    last = _day("to") or first
    if last < first or (last - first).days > rules.LONGEST:
        last = first
    return kind, first, last


def _day(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, "")[:10])
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _made(slug: str) -> tuple[Seen, report.Report]:
    seen = find(slug)
    return seen, report.make(seen, *_asked(), today())


def _query(kind: str, first: date, last: date) -> str:
    if kind == "own":
        return f"period=own&from={first.isoformat()}&to={last.isoformat()}"
    return f"period={kind}&on={first.isoformat()}"


@blueprint.get(f"{BASE}/report")
@allow(SIGNED_IN, owner=STRANGERS)
def report_page(slug: str) -> ResponseReturnValue:
    """Show what was done, what is late, what comes next, who carries it."""
    seen, made = _made(slug)
    kind, first, last = made.kind, made.first, made.last
    plan = queries.plan(seen.id)
    return page(
        seen,
        "report",
        report=made,
        summary=report.summary(made),
        lists=[
            (
                key,
                title,
                [(row, labels.state(row, today()), labels.number(row.package)) for row in some],
            )
            for key, title, some in made.lists
        ],
        kinds=[("month", _("Month")), ("quarter", _("Quarter")), ("own", _("Own days"))],
        query=_query(kind, first, last),
        previous=_query(kind, *rules.shifted(kind, first, last, -1)),
        next=_query(kind, *rules.shifted(kind, first, last, 1)),
        has_pdf=paper.available(),
        number=number,
        shown=rules.shown,
        form=forms.ReportsForm(every=plan.every if plan else "") if seen.part == LEAD else None,
    )


@blueprint.post(f"{BASE}/report")
@allow(SIGNED_IN, owner=LEADS)
def recurring(slug: str) -> ResponseReturnValue:
    """Say how often members are told of a new report."""
    seen = led(slug)
    spend()
    service.set_reports(g.ctx, seen, request.form.get("every", ""))
    flash(_("Saved."))
    return back(seen, "/report")


@blueprint.get(f"{BASE}/report.csv")
@allow(SIGNED_IN, owner=STRANGERS)
def report_csv(slug: str) -> ResponseReturnValue:
    """Give the report as a sheet."""
    seen, made = _made(slug)
    parts = [(title, some) for _key, title, some in made.lists]
    name = f"report-{seen.slug}-{made.first.isoformat()}"
    return respond("csv", name, report.heads(), report.rows(parts, today()))


@blueprint.get(f"{BASE}/report.pdf")
@allow(SIGNED_IN, owner=STRANGERS)
def report_pdf(slug: str) -> ResponseReturnValue:
    """Give the report as a PDF."""
    seen, made = _made(slug)
    name = f"report-{seen.slug}-{made.first.isoformat()}.pdf"
    answer = Response(report.pdf(g.ctx, seen, made), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
