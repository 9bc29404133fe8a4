"""The allocation, for its host: everybody fits, or try out, commit, draw, publish."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.allocation import interface as rules
from plugins.allocation.interface import pictures
from plugins.roundtables import drawing, interface, pages, pooling, queries
from plugins.roundtables.models import CLOSED, TRIED, WORKING
from plugins.roundtables.views.base import hosted, own
from plugins.roundtables.views.host import HOST
from portal.errors import Conflict, Invalid
from portal.i18n import _, ngettext
from portal.jobs import Job
from portal.web.access import SIGNED_IN, allow


@own.get("/round-tables/<slug>/allocation")
@allow(SIGNED_IN, owner=HOST)
def allocation(slug: str) -> ResponseReturnValue:
    """Show how far the allocation is, and its next step."""
    return _page(slug)


def _page(slug: str, told: str = "", field: str = "", status: int = 422) -> ResponseReturnValue:
    row = hosted(slug, "run").series
    made, tries = queries.draw_of(row), queries.tries(row)
    newest = made or (tries[0] if tries else None)
    job = None
    if newest is not None and newest.state == WORKING:
        job = Job.get_or_none(Job.id == newest.job_id)
    people = queries.count_interested([row.id]).get(row.id, 0)
    seats = sum(item.seats for item in queries.tables(row))
    shown = pictures.figures(newest.figures) if newest and newest.figures else None
    ways = interface.ways(g.ctx, "draw", row)
    more = [point for way in ways for point in way.get("points", ())]
    found = sorted([*shown["points"], *more], key=lambda one: int(one["loss"])) if shown else []
    whole = {**shown, "points": found} if shown else {}
    is_tried = newest is not None and newest.state == TRIED
    page = render_template(
        "roundtables/allocation.html", row=row, host=row.organisation, people=people, seats=seats,
        is_closed=row.state == CLOSED,
        fits=row.state == CLOSED and made is None and people > 0
        and pooling.everybody_fits(row) is not None,
        draw=newest, job=job, is_stuck=job is not None and job.state in ("failed", "cancelled"),
        figures=shown, whole=whole, curve=pictures.curve(whole) if shown else {},
        presence=pages.presence(row, newest) if newest and shown else [],
        steps=pages.steps(row, made), is_tried=is_tried,
        round=rules.round_of(made.source) if made and made.source else None,
        beacon_url=rules.beacon_url(made.source) if made else "",
        closes=pages.moment(row.closes_at, row.zone), freezes=pages.moment(row.freezes_at, row.zone),
        told=told, field=field, typed=request.form, ways=ways, pages=pages,
    )  # fmt: skip
    return page, status if told else 200


@own.post("/round-tables/<slug>/allocation/<any(all, try, stop, commit, draw, show):act>")
@allow(SIGNED_IN, owner=HOST)
def allocate(slug: str, act: str) -> ResponseReturnValue:
    """Take a step of the allocation."""
    row = hosted(slug, "run").series
    form = request.form
    try:
        if act == "all":
            _offered(drawing.place_all(g.ctx, row))
        elif act == "try":
            drawing.try_out(g.ctx, row)
        elif act == "stop":
            drawing.stop(g.ctx, row)
            flash(_("The try is stopped; nothing of it is kept."))
        elif act == "commit":
            how = form.get("source", rules.BEACON), form.get("seals", "")
            drawing.commit(g.ctx, row, form.get("draw", ""), form.get("preset", ""), *how)
            flash(_("Committed. From now on nobody can change the tickets."))
        elif act == "draw":
            drawing.draw(g.ctx, row, form.get("value", ""))
            flash(_("The ticket is drawn. Look at it, then publish it."))
        else:
            _offered(drawing.show(g.ctx, row))
    except Invalid as error:
        return _page(slug, error.message, error.field or "")
    except Conflict as error:
        return _page(slug, error.message, status=409)
    return redirect(f"/round-tables/{row.slug}/allocation", 303)


def _offered(count: int) -> None:
    flash(
        ngettext("%(num)s place is offered by mail.", "%(num)s places are offered by mail.", count)
    )
