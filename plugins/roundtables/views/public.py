"""What everybody sees: the list, its calendar, one series, its draw."""

from __future__ import annotations

from flask import g, redirect, render_template
from flask.typing import ResponseReturnValue

from plugins.allocation.interface import pictures
from plugins.roundtables import calendars, drawing, interface, pages, queries, registering, tokens
from plugins.roundtables.models import SHOWN
from plugins.roundtables.views.base import blueprint
from portal import workflow
from portal.i18n import _
from portal.web.access import ANYONE, allow

CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
MANY = 50
"""Of fewer people the tickets are shown to those who asked alone: the list might tell who they are."""


@blueprint.get("/round-tables")
@allow(ANYONE)
def index() -> ResponseReturnValue:
    """List the round tables that are planned, and those that were held."""
    coming, over = queries.upcoming(g.ctx), queries.past(g.ctx)
    tables = queries.tables_of([*coming, *over])
    counts = queries.count_interested([row.id for row in coming])
    return render_template(
        "roundtables/index.html",
        coming=[pages.card(g.ctx, row, tables[row.id], counts.get(row.id, 0)) for row in coming],
        over=[pages.card(g.ctx, row, tables[row.id], 0) for row in over],
        has_demo=any(row.organisation.is_fictional for row in (*coming, *over)),
        may_write=bool(g.ctx.actor.signed_in and queries.own_organisations(g.ctx)),
    )


@blueprint.get("/round-tables.ics")
@allow(ANYONE)
def calendar() -> ResponseReturnValue:
    """Give the planned round tables as a calendar that can be subscribed to."""
    rows = queries.upcoming(g.ctx)
    shown = [(row, queries.tables(row, with_cancelled=True)) for row in rows]
    return calendars.feed(g.ctx, shown, _("Round tables")), 200, CALENDAR


@blueprint.get("/round-tables/<slug>.ics")
@allow(ANYONE)
def series_calendar(slug: str) -> ResponseReturnValue:
    """Give the tables of one series as a calendar."""
    row = queries.find(g.ctx, slug).series
    tables = queries.tables(row, with_cancelled=True)
    return calendars.feed(g.ctx, [(row, tables)], row.title), 200, CALENDAR


@blueprint.get("/round-tables/<slug>")
@allow(ANYONE)
def show(slug: str) -> ResponseReturnValue:
    """Show a series with its tables, and what can be done now."""
    found = queries.find(g.ctx, slug)
    row = found.series
    if row.slug != slug:
        return redirect(f"/round-tables/{row.slug}", 301)
    tables = queries.tables(row, with_cancelled=True)
    mine, made = queries.of_account(g.ctx, row), queries.draw_of(row)
    return render_template(
        "roundtables/show.html", row=row, host=row.organisation, found=found,
        tables=[pages.table(row, item) for item in tables], facts=pages.facts(row),
        rules=pages.rules(row, made is not None), window=registering.window(g.ctx, row),
        json_ld=pages.json_ld(row, tables),
        count=queries.count_interested([row.id]).get(row.id, 0),
        seats=sum(item.seats for item in tables if not item.cancelled_at),
        mine=tokens.mine(mine) if mine else "",
        flow=workflow.panel(g.ctx, row) if found.may("history") else None, draw=made,
        ways=interface.ways(g.ctx, "series", row),
        host_ways=interface.ways(g.ctx, "host", row) if found.may("run") else [], pages=pages,
    )  # fmt: skip


@blueprint.get("/round-tables/<slug>/draw")
@allow(ANYONE)
def draw(slug: str) -> ResponseReturnValue:
    """Show what was committed, the public value and the drawn ticket, and how to check them."""
    found = queries.find(g.ctx, slug)
    made = queries.draw_of(found.series)
    if made is None:
        raise queries.missing()
    return render_template(
        "roundtables/draw.html", row=found.series, host=found.series.organisation, draw=made,
        figures=pictures.figures(made.figures), settings=pages.rules(found.series, True),
        has_files=made.state == SHOWN and made.figures.get("people", 0) >= MANY, many=MANY,
    )  # fmt: skip


@blueprint.get("/round-tables/<slug>/draw.json")
@allow(ANYONE, owner="published draws of pools of at least 50 people; else those of the host")
def draw_file(slug: str) -> ResponseReturnValue:
    """Give the tickets, chances and hashes of a published draw, for the script that checks them."""
    found = queries.find(g.ctx, slug)
    made = queries.draw_of(found.series)
    is_public = made and made.state == SHOWN and made.figures.get("people", 0) >= MANY
    if made is None or not (is_public or found.may("run")):
        raise queries.missing()
    return drawing.result_text(made), 200, {"Content-Type": "application/json"}


@blueprint.get("/round-tables/<slug>/draw-settings.json")
@allow(ANYONE)
def settings_file(slug: str) -> ResponseReturnValue:
    """Give the settings of a committed draw."""
    made = queries.draw_of(queries.find(g.ctx, slug).series)
    if made is None:
        raise queries.missing()
    return drawing.settings_text(made), 200, {"Content-Type": "application/json"}
