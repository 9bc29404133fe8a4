"""Pages of a host who invites people, and of somebody who was invited."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from flask import Blueprint, flash, g, render_template, request
from flask.typing import ResponseReturnValue

from plugins.links.interface import find
from plugins.roundtable_invitations import rules, service
from plugins.roundtable_invitations.forms import InvitationForm
from plugins.roundtable_invitations.models import DECLINED, Invitation
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal import audit, settings
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.i18n import _, best_locale, ngettext, set_locale
from portal.people import throttle
from portal.people.forms import mark
from portal.people.views import keep_nothing, to
from portal.web.access import ANYONE, SIGNED_IN, allow
from portal.web.language import COOKIE

blueprint = Blueprint("roundtable_invitations", __name__)
blueprint.after_request(keep_nothing)

HOST = "OrgEditor or OrgAdmin of the host; others get 404"
LINK = "whoever has the mailed link; nothing of other people is shown"
WRITING = throttle.Limit("round-table-invitations", 20, 3_600)
"""Lists that the people of one host may send off in an hour."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@blueprint.route("/round-tables/<slug>/invitations", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=HOST, rate="round-table")
def invitations(slug: str) -> ResponseReturnValue:
    """Invite people to a series, and show who was invited and what they said."""
    series = roundtables.series(g.ctx, slug, "run")
    form = InvitationForm(request.form or None, lang=series.lang)
    outcome = None
    if request.method == "POST" and form.validate():
        try:
            throttle.spend(g.ctx, WRITING, str(series.host.id))
            outcome = service.invite(g.ctx, series, {**form.values(), "people": _people(form)})
        except Invalid as error:
            mark(form, error)
        else:
            flash(_told(outcome))
            if not outcome.problems:
                return to(f"/round-tables/{series.slug}/invitations")
            form.people.data = "\n".join(line for _number, line, _why in outcome.problems)
    return _host_page(series, form, outcome), 422 if request.method == "POST" else 200


def _people(form: InvitationForm) -> str:
    """Return the typed list with the lines of the file behind it."""
    file = request.files.get("file")
    data = file.read(rules.LARGEST + 1) if file else b""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    typed = form.people.data or ""
    lines = text.splitlines()
    if lines and "@" not in lines[0] and typed.strip():
        lines = lines[1:]  # the headings
    return "\n".join([*typed.rstrip().splitlines(), *lines])


def _told(outcome: service.Outcome) -> str:
    told = ngettext("%(num)s person is invited.", "%(num)s people are invited.", outcome.sent)
    if outcome.left_out:
        told += " " + ngettext(
            "%(num)s address is left out: invited or registered already, or not to be written to.",
            "%(num)s addresses are left out: invited or registered already, or not to be written to.",
            outcome.left_out,
        )
    return told


def _host_page(series: Series, form: InvitationForm, outcome: service.Outcome | None) -> str:
    rows = service.of_series(series)
    counts = [
        (sum(row.state == state for row in rows), words)
        for state, (words, _kind) in service.STATES.items()
    ]
    return render_template(
        "roundtable_invitations/host.html",
        series=series,
        host=series.host,
        form=form,
        outcome=outcome,
        is_open=roundtables.is_open(g.ctx, series),
        rows=[(row, service.STATES[row.state]) for row in rows],
        counts=[pair for pair in counts if pair[0]],
        left=rules.MOST - len(rows),
        most=rules.MOST,
    )


@blueprint.get("/round-tables/<slug>/invitations.csv")
@allow(SIGNED_IN, owner=HOST)
def invitations_file(slug: str) -> ResponseReturnValue:
    """Save the invitations of a series as a file."""
    series = roundtables.series(g.ctx, slug, "run")
    audit.record(g.ctx, "invitations.exported", service.NAME, series.id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["email", "name", "organisation", "state", "invited", "reminded"])
    for row in service.of_series(series):
        cells = [row.email, row.name, row.employer, row.state, f"{row.invited_at:%Y-%m-%d}"]
        cells.append(f"{row.reminded_at:%Y-%m-%d}" if row.reminded_at else "")
        writer.writerow([f"'{cell}" if cell.startswith(DANGEROUS) else cell for cell in cells])
    name = f'attachment; filename="{series.slug}-invitations.csv"'
    return out.getvalue(), 200, {
        "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": name,
    }  # fmt: skip


@blueprint.post("/round-tables/<slug>/invitations/<public_id>/remove")
@allow(SIGNED_IN, owner=HOST)
def remove(slug: str, public_id: str) -> ResponseReturnValue:
    """Take an invitation back."""
    series = roundtables.series(g.ctx, slug, "run")
    service.take_back(g.ctx, series, public_id)
    flash(_("The invitation is taken back; its link leads nowhere now."))
    return to(f"/round-tables/{series.slug}/invitations")


def opened(ctx: Context, token: str) -> tuple[Invitation, Series]:
    """Return the invitation that a link opens, with its series. Raises NotFound; leads on if it is over."""
    link = find(ctx, token, service.PURPOSE)
    row = Invitation.get_or_none(Invitation.id == link.object_id)
    series = roundtables.by_id(row.series_id) if row else None
    if row is None or series is None:
        raise NotFound
    return row, series


def _opened(token: str) -> tuple[Invitation, Series]:
    """Return the same, and speak the language of the mail unless another was chosen."""
    row, series = opened(g.ctx, token)
    if "lang" not in request.args and not request.cookies.get(COOKIE):
        code = best_locale([row.lang], tuple(settings.of()["languages"]))
        if code:
            set_locale(code)
            g.locale, g.ctx = code, replace(g.ctx, locale=code)
    return row, series


@blueprint.get("/round-tables/invited/<token>")
@allow(ANYONE, owner=LINK)
def invited(token: str) -> ResponseReturnValue:
    """Show somebody why they are invited, and what they can answer."""
    row, series = _opened(token)
    return render_template(
        "roundtable_invitations/invited.html",
        token=token,
        row=row,
        series=series,
        host=series.host,
        source=service.SOURCES[row.source],
        has_declined=row.state == DECLINED,
        is_open=roundtables.is_open(g.ctx, series),
        closes=roundtables.moment(series.closes_at, series.zone),
        tables=[
            (one, roundtables.moment(one.starts_at, series.zone))
            for one in series.tables
            if one.cancelled_at is None
        ],
    )


@blueprint.post("/round-tables/invited/<token>/<any(decline, never):act>")
@allow(ANYONE, owner=LINK, rate="round-table")
def answer(token: str, act: str) -> ResponseReturnValue:
    """Say no to an invitation, or never be invited again."""
    row, series = _opened(token)
    if act == "never":
        service.never(g.ctx, row)
        return render_template("roundtable_invitations/never.html", series=series, host=series.host)
    service.decline(g.ctx, row)
    flash(_("Thank you for your answer. You will not be reminded."))
    return to(f"/round-tables/invited/{token}")
