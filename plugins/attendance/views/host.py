"""What the people of a host do: note who came, make groups, write outcomes, read the survey."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.attendance import certificates, forms, grouping, outcomes, owning, pages, surveys
from plugins.attendance.models import HIDDEN, SHOWN, WAITING
from plugins.attendance.views.base import HOST, blueprint, hosted, private, spend
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series, Table
from portal.errors import Conflict, Invalid
from portal.fields import options, version_of
from portal.i18n import _, language_name, locale, ngettext
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

BASE = "/round-tables/<slug>/tables/<public_id>"
EARLY = timedelta(minutes=30)
"""How long before a table the host can note who is there."""


# Who came


@private.route(f"{BASE}/attendance", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST)
def attendance(slug: str, public_id: str) -> ResponseReturnValue:
    """List who has a seat at a table, and note who came."""
    series, table = hosted(slug, public_id)
    if request.method == "POST":
        spend()
        _check_begun(series, table)
        changed = 0
        for seat in roundtables.seats(series, table.id):
            state = request.form.get(f"state_{seat.public_id}", seat.state)
            if "rest" in request.form and state == roundtables.ACCEPTED:
                state = roundtables.ABSENT
            if state != seat.state:
                roundtables.mark(g.ctx, series, seat, state)
                changed += 1
        flash(ngettext("%(num)s change is saved.", "%(num)s changes are saved.", changed))
        return redirect(request.path, 303)
    return _attendance_page(series, table)


def _has_begun(series: Series, table: Table) -> bool:
    """Whether it is time, or the host has said that all was held, perhaps on another day."""
    return series.state == roundtables.WAS_HELD or table.starts_at - EARLY <= g.ctx.clock.now()


def _check_begun(series: Series, table: Table) -> None:
    if not _has_begun(series, table):
        raise Invalid(_("The round table has not begun yet."))


def _attendance_page(series: Series, table: Table, told: str = "") -> ResponseReturnValue:
    rows = roundtables.seats(series, table.id)
    page = render_template(
        "attendance/attendance.html",
        series=series,
        host=series.host,
        table=pages.table(series, table),
        people=pages.seats(rows, certificates.states(rows)),
        arrived=pages.arrived(rows),
        states=pages.STATES,
        has_begun=_has_begun(series, table),
        told=told,
    )
    return page, 422 if told else 200


@private.route("/round-tables/check-in/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST)
def check_in(public_id: str) -> ResponseReturnValue:
    """Open what somebody's code at the door holds, on the host's phone; note that they are here."""
    series, seat = roundtables.by_seat(g.ctx, public_id, "run")
    table = next(one for one in series.tables if one.id == seat.table_id)
    if request.method == "POST":
        spend()
        _check_begun(series, table)
        if seat.state != roundtables.ATTENDED:
            roundtables.mark(g.ctx, series, seat, roundtables.ATTENDED)
        return redirect(request.path, 303)
    return render_template(
        "attendance/check_in.html",
        series=series,
        host=series.host,
        table=pages.table(series, table),
        seat=seat,
        state=pages.STATES[seat.state],
        arrived=pages.arrived(roundtables.seats(series, table.id)),
        has_begun=_has_begun(series, table),
    )


@private.post(f"{BASE}/revoke")
@allow(SIGNED_IN, owner=HOST)
def revoke(slug: str, public_id: str) -> ResponseReturnValue:
    """Revoke somebody's certificate."""
    series, table = hosted(slug, public_id)
    spend()
    wanted = request.form.get("seat", "")
    seats = [one for one in roundtables.seats(series, table.id) if one.public_id == wanted]
    if not seats:
        raise roundtables.missing()
    try:
        certificates.revoke(g.ctx, series, seats[0], request.form.get("reason", ""))
    except Invalid as error:
        return _attendance_page(series, table, error.message)
    flash(_("The certificate is revoked."))
    return redirect(pages.table(series, table)["base"] + "/attendance", 303)


# Groups


@private.route(f"{BASE}/groups", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST)
def groups(slug: str, public_id: str) -> ResponseReturnValue:
    """Make groups to talk in, or let two people change places."""
    series, table = hosted(slug, public_id)
    form = forms.GroupsForm(request.form if "groups" in request.form else None)
    titles = roundtables.group_titles(series)
    form.together.choices = options([
        ("", _("nobody")), (grouping.LANGUAGE, _("people with the same language of mails")),
        *((key, _("people of the same group: %(title)s", title=titles[key])) for key in titles),
    ])  # fmt: skip
    told = ""
    if request.method == "POST":
        spend()
        try:
            if "one" in request.form:
                at = version_of(request.form.get("round"))
                one, other = request.form["one"], request.form.get("other", "")
                grouping.swap(g.ctx, series, table, at, one, other)
                flash(_("The two changed places."))
                return redirect(request.path, 303)
            if form.validate():
                made = form.groups.data or 0, form.rounds.data or 0, form.together.data or ""
                grouping.make(g.ctx, series, table, *made)
                flash(_("The groups are made. Those who sit in them see theirs on their page."))
                return redirect(request.path, 303)
        except Invalid as error:
            if error.field in ("groups", "rounds"):
                mark(form, error)
            else:
                told = error.message
    rounds = grouping.shown(series, table)
    page = render_template(
        "attendance/groups.html",
        series=series,
        host=series.host,
        table=pages.table(series, table),
        form=form,
        rounds=rounds,
        people=grouping.people(series, table),
        left_out=grouping.left_out(series, table, rounds),
        again=grouping.met_again(rounds) if len(rounds) > 1 else "",
        titles=titles,
        told=told,
        mix=_mix(rounds),
    )
    return page, 422 if request.method == "POST" else 200


def _mix(rounds: list[list[list[roundtables.Seat]]]) -> dict[str, str]:
    """Return what a printed list says of each person: language of mails."""
    return {
        seat.public_id: language_name(seat.lang, locale())
        for groups_of in rounds
        for members in groups_of
        for seat in members
    }


# Outcomes


@blueprint.route(f"{BASE}/outcomes", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST)
def write_outcomes(slug: str, public_id: str) -> ResponseReturnValue:
    """Write what a table found, and publish it."""
    series, table = hosted(slug, public_id, "edit")
    row, related = outcomes.of(table), outcomes.offered(g.ctx, series)
    form = forms.outcome_form(request.form or None, row, series, related)
    typed = request.form if request.method == "POST" else None
    rows = forms.actions(typed, row, owning.chosen(series, table))
    if request.method == "POST" and form.validate():
        try:
            spend()
            version = version_of(request.form.get("version"))
            values = {**form.data, "actions": rows}
            outcomes.write(g.ctx, series, table, values, version)
        except Invalid as error:
            if error.field in form:
                mark(form, error)
            else:
                form.form_errors.append(error.message)
                form.wrong_row = (error.field, error.message)
        except Conflict as error:
            if error.version:
                fresh = forms.outcome_form(None, outcomes.of(table), series, related)
                error.forms = form, fresh, None, series.host.is_fictional
            raise
        else:
            if "publish" in request.form:
                outcomes.publish(g.ctx, series, table, True)
                flash(_("The outcomes are published."))
                return redirect(pages.table(series, table)["outcome"], 303)
            flash(_("The outcomes are saved. Nobody else sees them before you publish them."))
            return redirect(request.path, 303)
    page = render_template(
        "attendance/edit_outcomes.html",
        series=series,
        host=series.host,
        table=pages.table(series, table),
        form=form,
        actions=rows,
        owners=owning.choices(series, table),
        wrong=getattr(form, "wrong_row", ("", "")),
        is_public=row.published_at is not None,
        comments=outcomes.comments(series, table, WAITING, SHOWN, HIDDEN),
        has_begun=series.state == roundtables.WAS_HELD or table.starts_at <= g.ctx.clock.now(),
    )
    return page, 422 if request.method == "POST" else 200


@blueprint.post(f"{BASE}/outcomes/hide")
@allow(SIGNED_IN, owner=HOST)
def hide_outcomes(slug: str, public_id: str) -> ResponseReturnValue:
    """Take the outcomes of a table back from the public."""
    series, table = hosted(slug, public_id)
    outcomes.publish(g.ctx, series, table, False)
    flash(_("The outcomes are no longer public."))
    return redirect(pages.table(series, table)["base"] + "/outcomes", 303)


@blueprint.post(f"{BASE}/comments")
@allow(SIGNED_IN, owner=HOST)
def moderate(slug: str, public_id: str) -> ResponseReturnValue:
    """Show a comment with the outcomes, or hide it."""
    series, table = hosted(slug, public_id, "edit")
    spend()
    wanted, state = request.form.get("comment", ""), request.form.get("state", "")
    outcomes.moderate(g.ctx, series, table, wanted, state)
    flash(_("Done."))
    return redirect(pages.table(series, table)["base"] + "/outcomes#comments", 303)


# Survey


@private.get(f"{BASE}/survey")
@allow(SIGNED_IN, owner=HOST)
def survey(slug: str, public_id: str) -> ResponseReturnValue:
    """Show what people answered, once there are enough and the survey is over."""
    series, table = hosted(slug, public_id)
    found = surveys.results(g.ctx, table)
    return render_template(
        "attendance/survey.html",
        series=series,
        host=series.host,
        table=pages.table(series, table),
        questions=surveys.QUESTIONS,
        words=[surveys.WORDS[value] for value in surveys.VALUES],
        results=found,
        asked=surveys.asked(table),
        least=surveys.SMALLEST_SHOWN,
        ends=roundtables.moment(surveys.ends_at(g.ctx, table), series.zone),
    )


@private.get(f"{BASE}/survey.csv")
@allow(SIGNED_IN, owner=HOST)
def survey_file(slug: str, public_id: str) -> ResponseReturnValue:
    """Save the counts of the survey as a file."""
    series, table = hosted(slug, public_id)
    found = surveys.results(g.ctx, table)
    if found is None:
        raise roundtables.missing()
    name = f'attachment; filename="survey-{series.slug}-{table.number}.csv"'
    return surveys.as_csv(found), 200, {
        "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": name,
    }  # fmt: skip
