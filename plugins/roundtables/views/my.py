"""What somebody does who would like a place, with or without an account: all behind their own link."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.roundtables import (
    after,
    checking,
    forms,
    groups,
    interface,
    pages,
    placing,
    queries,
    registering,
    tokens,
)
from plugins.roundtables.models import SEATED, Interest, Place, RoundTable, Series
from plugins.roundtables.views.base import begin, check_human, network, own
from portal import i18n
from portal.errors import Conflict, Invalid, NotFound
from portal.fields import shown_version
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.people.forms import mark
from portal.people.models import Account
from portal.web.access import ANYONE, allow

ACTS = "any(confirm, withdraw, accept, decline, object):act"


@own.errorhandler(NotFound)
def _link_is_over(error: NotFound) -> ResponseReturnValue:
    return render_template("roundtables/link_over.html", told=error.message), 404


@own.route("/round-tables/<slug>/interest", methods=["GET", "POST"])
@allow(ANYONE, rate="round-table")
def interest(slug: str) -> ResponseReturnValue:
    """Confirm an interest."""
    row = queries.find(g.ctx, slug).series
    known = queries.of_account(g.ctx, row)
    if known is not None and request.method == "GET":
        return redirect(tokens.mine(known), 303)
    state = registering.window(g.ctx, row)
    if state not in (registering.OPEN, registering.LATE):
        return _closed(row)
    guest = interface.guest(g.ctx, row, request.args.get("invitation", ""))
    form = _form(row, dict(guest), ("email",) if guest else ())
    if request.method == "POST" and form.validate():
        try:
            check_human(form)
            made = registering.express(g.ctx, row, form.values(), network(), guest.get("email", ""))
        except Invalid as error:
            mark(form, error)
        else:
            if made is not None:
                flash(_("Your interest is confirmed. We have sent you a receipt."))
                return redirect(tokens.mine(made), 303)
            return render_template(
                "roundtables/asked.html", row=row, email=form.values()["email"], pages=pages
            )
    status = 422 if request.method == "POST" else 200
    more = {"is_late": state == registering.LATE, "guest": guest}
    return _filled("roundtables/interest.html", form, row, **more), status


def _closed(row: Series) -> ResponseReturnValue:
    try:
        registering.check_open(g.ctx, row)
        told = ""
    except Conflict as error:
        told = error.message
    status = 409 if request.method == "POST" else 200
    page = render_template("roundtables/closed.html", row=row, host=row.organisation, told=told)
    return page, status


def _form(
    row: Series, data: dict[str, Any], without: tuple[str, ...] = (), of: Interest | None = None
) -> forms.InterestForm:
    """Make the form; for people who signed in without their address, which is proven."""
    me: Account | None = Account.get_or_none(Account.id == g.ctx.actor.account_id)
    mine = [item.organisation for item in organisations.mine(g.ctx)] if me else []
    if of is not None and (me is None or me.id != of.account_id):
        mine = []
    if me is not None and me.verified_at is not None:
        without = (*without, "email")
    if not tokens.can_seal():
        without = (*without, "needs")
    start = {"lang": i18n.locale(), "began": begin(), **data}
    if me is not None:
        start.setdefault("name", me.name)
        start.setdefault("organisation", mine[0].slug if mine else "")
    times = pages.times(g.ctx, row, of.away if of else ())
    return forms.interest_form(
        request.form or None, row, pages.choosable(g.ctx, row), times, mine, start, without
    )


def _filled(template: str, form: forms.InterestForm, row: Series, **more: Any) -> str:
    known = {}
    if "organisation" in form:
        found = registering.own_organisation(g.ctx, form.organisation.data or "")
        known = groups.from_profile(found)
    return render_template(
        template, form=form, row=row, host=row.organisation,
        tables=[pages.table(row, item) for item in queries.tables(row)],
        from_profile=[groups.title(row, key) for key in known if key in groups.keys(row)],
        can_seal=tokens.can_seal(), pages=pages, **more,
    )  # fmt: skip


@own.route("/round-tables/<slug>/link", methods=["GET", "POST"])
@allow(ANYONE, rate="round-table")
def link(slug: str) -> ResponseReturnValue:
    """Mail somebody the link to their own page once more."""
    row = queries.find(g.ctx, slug).series
    told, is_sent = "", False
    if request.method == "POST":
        try:
            registering.send_link(g.ctx, row, request.form.get("email", ""), network())
            is_sent = True
        except Invalid as error:
            told = error.message
    page = render_template(
        "roundtables/link.html", row=row, told=told, is_sent=is_sent,
        email=request.form.get("email", ""),
    )  # fmt: skip
    return page, 422 if told else 200


def _mine(token: str) -> tuple[Interest, Series]:
    row = tokens.find_interest(token)
    series: Series = Series.get_by_id(row.series_id)
    row.series = series
    return row, series


@own.get("/round-tables/my/<token>")
@allow(ANYONE, owner="whoever has the mailed link")
def mine(token: str) -> ResponseReturnValue:
    """Show a person where they stand, and what they can do."""
    row, series = _mine(token)
    return _page(row, series)


def _page(row: Interest, series: Series, told: str = "", typed: str = "") -> ResponseReturnValue:
    places = queries.places_of(row)
    is_over = series.state in ("placed", "held") and row.state == "interested"
    explained = pages.why(series, row) if is_over else None
    tables = {item.id: item for item in queries.tables(series, with_cancelled=True)}
    page = render_template(
        "roundtables/mine.html", row=row, series=series, host=series.organisation,
        standing=pages.standing(g.ctx, series, row, places),
        places=[pages.own_place(g.ctx, series, place) for place in places],
        choices=[pages.table(series, tables[n]) for n in row.choices if n in tables],
        times=pages.times(g.ctx, series, row.away), away=["/".join(pair) for pair in row.away],
        why=explained,
        line=pages.line(series, row) if is_over and series.state == "placed" else [],
        objections=queries.objections_of(row), may_object=is_over,
        may_change=row.state == "interested" and series.state in ("published", "closed", "placed"),
        may_withdraw=row.state != "withdrawn" and series.state not in ("held", "cancelled"),
        token=_token(row), ways=interface.ways(g.ctx, "mine", series, _token(row)), told=told,
        typed=typed, answer_days=after.ANSWER_DAYS,
    )  # fmt: skip
    return page, 422 if told else 200


def _token(row: Interest) -> str:
    return tokens.mine(row).rsplit("/", 1)[-1]


@own.post(f"/round-tables/my/<token>/<{ACTS}>")
@allow(ANYONE, owner="whoever has the mailed link")
def act(token: str, act: str) -> ResponseReturnValue:
    """Confirm, withdraw, accept or give back a place, object."""
    row, series = _mine(token)
    if act == "confirm":
        registering.confirm(g.ctx, row)
        flash(_("Your interest is confirmed. We have sent you a receipt."))
    elif act == "withdraw":
        registering.withdraw(g.ctx, row)
        flash(_("You withdrew. Thank you for telling us."))
    elif act == "object":
        try:
            after.object_to(g.ctx, row, request.form.get("text", ""))
        except Invalid as error:
            return _page(row, series, error.message, request.form.get("text", ""))
        flash(_("Your objection is sent. A person of the host answers it."))
    else:
        place = _own_place(row)
        if act == "accept":
            placing.accept(g.ctx, place)
            flash(_("The place is yours. Your calendar gets it by mail."))
        else:
            placing.decline(g.ctx, place)
            flash(_("Thank you for telling us. Somebody else gets the place."))
    return redirect(f"/round-tables/my/{token}", 303)


def _own_place(row: Interest) -> Place:
    found: Place | None = Place.get_or_none(
        Place.interest == row.id, Place.public_id == request.form.get("place", "")
    )
    if found is None:
        raise NotFound
    return found


@own.route("/round-tables/my/<token>/edit", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link")
def edit(token: str) -> ResponseReturnValue:
    """Change an interest: everything before the deadline, choices and details after it."""
    row, series = _mine(token)
    extent = registering.may_change(g.ctx, series)
    values = groups.all_of(series, [row])[row.id]
    data = forms.stored_interest(row, groups.needs_of(row), values)
    form = _form(series, data, ("email", "agrees", "homepage"), row)
    if extent != "all":
        asked = [] if extent == "choices" else [*form.choice_fields(), *form.time_fields()]
        for field in [*form.group_fields(), *asked]:
            del form[field.name]
    if request.method == "POST" and form.validate():
        try:
            registering.change(g.ctx, row, form.values(), shown_version())
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Your changes are saved."))
            return redirect(f"/round-tables/my/{token}", 303)
    status = 422 if request.method == "POST" else 200
    return _filled(
        "roundtables/edit_interest.html", form, series, extent=extent, token=token
    ), status


@own.route("/round-tables/gate/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the link in their calendar and still has the place")
def gate(token: str) -> ResponseReturnValue:
    """Show when the gate opens; let somebody in with a place, and note that they came."""
    place = tokens.find_place(token)
    table = RoundTable.get_by_id(place.table_id)
    series: Series = Series.get_by_id(table.series_id)
    table.series = series
    joining = ""
    if request.method == "POST":
        joining = tokens.unseal(placing.check_in(g.ctx, place).joining)
    has_place = place.state in SEATED and place.interest.state == "interested"
    return render_template(
        "roundtables/gate.html", series=series, table=pages.table(series, table),
        has_place=has_place and not table.cancelled_at,
        gate=checking.gate_state(table.starts_at, table.ends_at, g.ctx.clock.now()),
        opens=pages.moment(table.starts_at - checking.GATE_OPENS, series.zone), joining=joining,
        is_in=request.method == "POST",
    )  # fmt: skip
