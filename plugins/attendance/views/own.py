"""What somebody with a seat does, behind the link to their own page."""

from __future__ import annotations

from flask import Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.attendance import (
    certificates,
    grouping,
    letters,
    outcomes,
    owning,
    pages,
    reminding,
    surveys,
)
from plugins.attendance.views.base import LINK, private
from plugins.paper import interface as paper
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Seat, Series, Table
from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.web.access import ANYONE, allow

OWN = "/round-tables/my/<token>/tables/<seat_id>"


@private.errorhandler(NotFound)
def _link_is_over(error: NotFound) -> ResponseReturnValue:
    return render_template("attendance/link_over.html", told=error.message), 404


def _own(token: str, seat_id: str) -> tuple[Series, Table, Seat]:
    series, seat = roundtables.by_link(token, seat_id)
    table = next(one for one in series.tables if one.id == seat.table_id)
    if table.cancelled_at is not None:
        raise roundtables.missing()
    return series, table, seat


@private.get(OWN)
@allow(ANYONE, owner=LINK)
def own(token: str, seat_id: str) -> ResponseReturnValue:
    """Show somebody their code, their groups, and what they can do after the table."""
    return _page(token, *_own(token, seat_id))


def _page(
    token: str, series: Series, table: Table, seat: Seat, told: str = "", field: str = ""
) -> ResponseReturnValue:
    found, now = outcomes.of(table), g.ctx.clock.now()
    page = render_template(
        "attendance/own.html",
        token=token,
        series=series,
        host=series.host,
        table=pages.table(series, table),
        seat=seat,
        state=pages.STATES[seat.state],
        is_over=table.ends_at <= now,
        qr=pages.qr(seat) if table.ends_at > now else "",
        groups=grouping.own(series, table, seat),
        actions=[reminding.shown(one) for one in owning.own(table, seat)],
        is_public=found.published_at is not None,
        shows=outcomes.consent_of(table, seat),
        may_comment=outcomes.is_open(g.ctx, found),
        comments_until=found.comments_until
        and roundtables.moment(found.comments_until, series.zone),
        has_survey=surveys.is_open(g.ctx, table),
        has_answered=surveys.has_answered(table, seat),
        questions=surveys.QUESTIONS,
        words=[(value, surveys.WORDS[value]) for value in surveys.VALUES],
        survey_ends=roundtables.moment(surveys.ends_at(g.ctx, table), series.zone),
        has_certificate=seat.state == roundtables.ATTENDED and table.ends_at <= now,
        can_print=paper.available(),
        may_be_told=seat.state in (roundtables.ACCEPTED, roundtables.ATTENDED)
        and not seat.is_withdrawn
        and now <= table.ends_at + letters.STILL_TOLD
        and not letters.is_sent(seat),
        is_silent=letters.is_silent(seat),
        told=told,
        field=field,
        typed=request.form,
    )
    return page, 422 if told else 200


@private.post(f"{OWN}/<any(consent, comment, survey, certificate, letter, action):act>")
@allow(ANYONE, owner=LINK, rate="round-table")
def act(token: str, seat_id: str, act: str) -> ResponseReturnValue:
    """Say who may be named or written to, what is done, comment, answer, or take a certificate."""
    series, table, seat = _own(token, seat_id)
    form = request.form
    try:
        if act == "certificate":
            return _certificate(series, table, seat)
        if act == "consent":
            outcomes.agree(g.ctx, series, table, seat, form.get("shows", ""))
            flash(_("Your choice is saved. You can change it here at any time."))
        elif act == "action":
            owning.answer(g.ctx, series, table, seat, form.get("action", ""), "done" in form)
            flash(_("Thank you for telling us. You are not reminded of it any more."))
        elif act == "letter":
            letters.choose(g.ctx, series, seat, "wanted" in form)
            flash(_("Your choice is saved. You can change it here at any time."))
        elif act == "comment":
            said = form.get("text", ""), "is_named" in form
            outcomes.comment(g.ctx, series, table, seat, *said)
            flash(_("Thank you. The host reads your comment before others do."))
        else:
            surveys.answer(g.ctx, table, seat, form)
            flash(_("Thank you. Your answers are counted; nobody can tell that they are yours."))
    except Invalid as error:
        return _page(token, series, table, seat, error.message, error.field or act)
    return redirect(f"/round-tables/my/{token}/tables/{seat_id}", 303)


def _certificate(series: Series, table: Table, seat: Seat) -> Response:
    if table.ends_at > g.ctx.clock.now():
        raise Invalid(_("The certificate is there once the round table is over."), "certificate")
    made = certificates.issue(g.ctx, series, table, seat)
    name = f"certificate-{certificates.code_of(seat)}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made, mimetype="application/pdf", headers=headers)
