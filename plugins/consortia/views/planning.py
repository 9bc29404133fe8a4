"""Places and dates: two plain tabs, and the sheet of the places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia import forms, labels, planning, queries, rules
from plugins.consortia.models import ACTIVE
from plugins.consortia.queries import Found
from plugins.consortia.views.base import (
    LEADS,
    STRANGERS,
    back,
    blueprint,
    find,
    led,
    member_named,
    page,
)
from plugins.consortia.views.members import sheet
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

HEADS = (
    "sending_organisation", "sending_oid", "sending_country", "host_organisation", "host_oid",
    "host_country", "planned", "agreed", "done", "starts_on", "ends_on", "layout",
)  # fmt: skip
LAYOUT = "unverified"
"""Stands in each line of the sheet: nobody has compared it with the Beneficiary Module yet."""


@blueprint.route("/consortia/<slug>/places", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=STRANGERS)
def places(slug: str) -> ResponseReturnValue:
    """Show who sends how many to whom; the lead writes it down."""
    found = find(slug, "inside", "run")
    active = queries.members(found.row, ACTIVE)
    form = forms.PlacesForm(request.form or None, members=active)
    if request.method == "POST":
        led(slug)
        if form.validate():
            try:
                sender = member_named(form.sender.data, "sender")
                host = member_named(form.host.data, "host")
                planning.set_places(g.ctx, found.row, sender.id, host.id, form.numbers())
            except Invalid as error:
                mark(form, error)
            else:
                flash(_("The places are noted."))
                return back(found, "places")
    rows = queries.flows(found.row)
    names = {item.organisation_id: item.organisation for item in queries.members(found.row)}
    totals = rules.balances(queries.planned(rows), [item.organisation_id for item in active])
    return page(  # type: ignore[no-any-return]
        "places",
        found,
        "places",
        422 if request.method == "POST" else 200,
        flows=rows,
        form=form,
        active=active,
        totals=[(names[key], value) for key, value in totals.items() if key in names],
        sums=[sum(getattr(row, name) for row in rows) for name in ("planned", "agreed", "done")],
        moves=planning.moves(found.row),
    )


@blueprint.route("/consortia/<slug>/places/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def one_place(slug: str, public_id: str) -> ResponseReturnValue:
    """Change places between two members, or give some to another host."""
    found = find(slug, "run")
    flow = planning.find_flow(found.row, public_id)
    active = queries.members(found.row, ACTIVE)
    others = [item for item in active if item.organisation_id not in {flow.host_id, flow.sender_id}]
    is_move = request.form.get("what") == "move"
    numbers = forms.NumbersForm(
        request.form if request.form and not is_move else None,
        data={name: getattr(flow, name) for name in ("version", "planned", "agreed", "done")},
    )
    move = forms.MoveForm(request.form if is_move else None, members=others)
    form: Any = move if is_move else numbers
    if request.method == "POST" and led(slug) and form.validate():
        try:
            if is_move:
                target = member_named(move.host.data, "host")
                planning.substitute(
                    g.ctx, found.row, flow, target.id, move.places.data, move.reason.data or ""
                )
            else:
                planning.set_places(
                    g.ctx,
                    found.row,
                    flow.sender_id,
                    flow.host_id,
                    numbers.numbers(),
                    numbers.version.data or None,
                )
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The places are noted."))
            return back(found, "places")
    return page(  # type: ignore[no-any-return]
        "place",
        found,
        "places",
        422 if request.method == "POST" else 200,
        flow=flow,
        numbers=numbers,
        move=move,
        others=others,
    )


@blueprint.get("/consortia/<slug>/places.csv")
@allow(SIGNED_IN, owner=STRANGERS)
def places_csv(slug: str) -> ResponseReturnValue:
    """Give the places as a sheet."""
    found = find(slug, "inside", "run")
    flows, last = queries.flows(found.row), (found.row.starts_on, found.row.ends_on, LAYOUT)
    numbers = queries.oids({number for row in flows for number in (row.sender_id, row.host_id)})
    rows = [
        (
            *_who(row.sender, numbers),
            *_who(row.host, numbers),
            row.planned,
            row.agreed,
            row.done,
            *last,
        )
        for row in flows
    ]
    return sheet(f"places-{found.row.slug}", HEADS, rows)


def _who(organisation: Organisation, numbers: Mapping[int, str]) -> tuple[str, str, str]:
    return organisation.name, numbers.get(organisation.id, ""), organisation.country


@blueprint.route("/consortia/<slug>/dates", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=STRANGERS)
def dates(slug: str) -> ResponseReturnValue:
    """Show what happens when; the lead writes it down."""
    found = find(slug, "inside", "run")
    form = forms.DayForm(request.form or None)
    if request.method == "POST":
        led(slug)
        if form.validate():
            try:
                planning.add_day(g.ctx, found.row, form.values())
            except Invalid as error:
                mark(form, error)
            else:
                flash(_("The date is noted."))
                return back(found, "dates")
    today = g.ctx.clock.now().date().isoformat()
    rows = [
        (row, labels.on_days(row.starts_on, row.ends_on), (row.ends_on or row.starts_on) < today)
        for row in queries.days(found.row)
    ]
    return page(  # type: ignore[no-any-return]
        "dates",
        found,
        "dates",
        422 if request.method == "POST" else 200,
        rows=rows,
        form=form,
        span=_span(found),
    )


def _span(found: Found) -> str:
    return labels.period(found.row.starts_on, found.row.ends_on)


@blueprint.post("/consortia/<slug>/dates/<public_id>/remove")
@allow(SIGNED_IN, owner=LEADS)
def remove_date(slug: str, public_id: str) -> ResponseReturnValue:
    """Take a date away."""
    found = led(slug)
    gone = planning.remove_day(g.ctx, found.row, public_id)
    flash(_("The date is taken away: %(title)s", title=gone.title))
    return back(found, "dates")
