"""The people of a series, for its host: the list, access, objections."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.roundtables import after, groups, interface, listing, pages, queries, service, tokens
from plugins.roundtables.models import INTERESTED, TAKING, Need, Place
from plugins.roundtables.views.base import hosted, own
from plugins.roundtables.views.host import HOST
from portal import audit
from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.web.access import SIGNED_IN, allow

MOST_SHOWN = 500


@own.get("/round-tables/<slug>/people")
@allow(SIGNED_IN, owner=HOST)
def people(slug: str) -> ResponseReturnValue:
    """List who is interested in a series, by group and one by one."""
    found = hosted(slug, "run")
    row = found.series
    rows = queries.people(row)
    tables = {item.id: item for item in queries.tables(row, with_cancelled=True)}
    places: dict[int, list[Place]] = {}
    for place in queries.places(row):
        places.setdefault(place.interest_id, []).append(place)
    wanted, taken = queries.wanted(row), queries.taken(row)
    members = organisations.members(row.organisation)
    return render_template(
        "roundtables/people.html", row=row, host=row.organisation,
        people=[pages.person(item, tables, places.get(item.id, [])) for item in rows[:MOST_SHOWN]],
        total=len(rows), counts=pages.counts(row),
        tables=[pages.filled(item, wanted, taken) for item in tables.values()],
        contact=row.contact, is_contact=row.contact_id == g.ctx.actor.account_id,
        members=[(item.account.public_id, item.account.name) for item in members],
        can_seal=tokens.can_seal(), ways=interface.ways(g.ctx, "people", row), pages=pages,
    )  # fmt: skip


@own.get("/round-tables/<slug>/people.csv")
@allow(SIGNED_IN, owner=HOST)
def people_file(slug: str) -> ResponseReturnValue:
    """Save the people of a series as a file."""
    row = hosted(slug, "run").series
    audit.record(g.ctx, "interests.exported", "roundtables_series", row.id)
    name = f'attachment; filename="{row.slug}.csv"'
    return listing.table_of(row), 200, {
        "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": name,
    }  # fmt: skip


@own.get("/round-tables/<slug>/access")
@allow(SIGNED_IN, owner="the access contact of the series; others get 404")
def needs(slug: str) -> ResponseReturnValue:
    """Show the access contact, and nobody else, what people need."""
    row = queries.find(g.ctx, slug).series
    if row.contact_id is None or row.contact_id != g.ctx.actor.account_id:
        raise queries.missing()
    hosted(slug, "inside")
    audit.record(g.ctx, "access_needs.read", "roundtables_series", row.id)
    tables = {item.id: item for item in queries.tables(row, with_cancelled=True)}
    states: dict[int, list[str]] = {}
    for place in queries.places(row):
        if place.state in TAKING:
            states.setdefault(place.interest_id, []).append(tables[place.table_id].topic)
    asked = {item.interest_id for item in Need.select()}
    rows = [
        (item, text, states.get(item.id, []))
        for item in queries.people(row, INTERESTED)
        if item.id in asked and (text := groups.needs_of(item))
    ]
    return render_template("roundtables/needs.html", row=row, host=row.organisation, rows=rows)


@own.post("/round-tables/<slug>/contact")
@allow(SIGNED_IN, owner=HOST)
def choose_contact(slug: str) -> ResponseReturnValue:
    """Choose who reads what people need for access."""
    row = hosted(slug, "run").series
    wanted = request.form.get("contact", "")
    for item in organisations.members(row.organisation):
        if item.account.public_id == wanted:
            service.choose_contact(g.ctx, row, item.account.id)
            flash(_("From now on only %(name)s reads access needs.", name=item.account.name))
            return redirect(f"/round-tables/{row.slug}/people", 303)
    raise Invalid(_("Choose somebody of your organisation."), "contact")


@own.route("/round-tables/<slug>/objections", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST)
def objections(slug: str) -> ResponseReturnValue:
    """Read objections to the allocation, and answer them."""
    row = hosted(slug, "run").series
    told = ""
    if request.method == "POST":
        try:
            after.answer(
                g.ctx, row, request.form.get("objection", ""), request.form.get("answer", "")
            )
        except Invalid as error:
            told = error.message
        except NotFound:
            raise queries.missing() from None
        else:
            flash(_("The answer is sent."))
            return redirect(f"/round-tables/{row.slug}/objections", 303)
    page = render_template(
        "roundtables/objections.html", row=row, host=row.organisation,
        objections=queries.objections(row), told=told, chosen=request.form.get("objection", ""),
        typed=request.form.get("answer", ""),
    )  # fmt: skip
    return page, 422 if told else 200
