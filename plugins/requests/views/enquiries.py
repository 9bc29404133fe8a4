"""Enquiries: asking a partner or one of its past partners, the thread, what is counted."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.requests import enquiring, forms, labels, queries, rules
from plugins.requests.models import OPEN, RUNNING, Enquiry
from plugins.requests.views.base import blueprint, spend
from portal import permissions
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import ANYONE, SIGNED_IN, allow

BOTH = "OrgEditor or OrgAdmin of one of the two organisations; others get 404"
ENDINGS = ("close", "decline")


@blueprint.get("/enquiries")
@allow(SIGNED_IN, owner="lists enquiries of the person's own organisations")
def enquiries() -> ResponseReturnValue:
    """List the enquiries that the person's organisations sent and got."""
    own = [item.id for item in queries.own_organisations(g.ctx)]
    rows = [
        (row, is_asked, labels.enquiry_state(row.state, is_asked))
        for row in queries.own_enquiries(g.ctx)
        for is_asked in [row.receiver.id in own]
    ]
    silent = [
        (item.organisation.name, (item.warned_at + rules.FADES_AFTER).date())
        for item in queries.silences(own)
    ]
    return render_template("requests/enquiries.html", rows=rows, silent=silent)


@blueprint.get("/enquiries/method")
@allow(ANYONE)
def enquiry_method() -> ResponseReturnValue:
    """Say how enquiries run, and how it is counted who answers."""
    days = {
        name.lower(): getattr(rules, name).days
        for name in ("LAPSES_AFTER", "SETTLED_AFTER", "FADES_AFTER", "SILENT_FOR", "COUNTED_FOR")
    }
    reminded = [after.days for after in rules.REMINDED_AFTER]
    counts = {"least_asked": rules.LEAST_ASKED, "silent_after": rules.SILENT_AFTER}
    return render_template("requests/enquiry_method.html", **days, **counts, reminded=reminded)


@blueprint.get("/partners/<slug>/past-partners")
@allow(ANYONE)
def past_partners(slug: str) -> ResponseReturnValue:
    """Name the organisations that can be asked about a partner."""
    about = organisations.public(slug)
    own = [item.id for item in queries.own_organisations(g.ctx)] if g.ctx.actor.signed_in else []
    found = [pair for pair in queries.past_partners(g.ctx, about) if pair[0].id not in own]
    return render_template("requests/past_partners.html", about=about, rows=found)


@blueprint.route("/partners/<slug>/enquiry", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of another organisation", rate="request")
def ask(slug: str) -> ResponseReturnValue:
    """Ask a partner for one of the person's organisations, also about somebody it worked with."""
    receiver = organisations.public(slug)
    third = request.values.get("about")
    about = organisations.public(third) if third else None
    mine = _askers(receiver, about)
    if not mine:
        return render_template("requests/ask_first.html", receiver=receiver), 403
    form = forms.EnquiryForm(request.form or None, organisations=mine)
    wanted = request.form.get("organisation")
    chosen = next((own for own in mine if own.slug == wanted), None)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if chosen is None:
                raise Invalid(_("Choose one of your organisations."), field="organisation")
            if form.validate():
                spend()
                made = enquiring.ask(g.ctx, chosen, receiver, form.text.data or "", about)
                flash(_("Your enquiry is sent. The answer comes here; you get a notice."))
                return redirect(f"/enquiries/{made.public_id}", 303)
        except (Invalid, Conflict, TooMany) as error:
            mark(form, error)
            status = error.status
    values: dict[str, Any] = {
        "form": form,
        "receiver": receiver,
        "mine": mine,
        "about": about,
        "running": queries.running(mine, receiver, about),
    }
    return render_template("requests/ask.html", **values), status


def _askers(receiver: Organisation, about: Organisation | None) -> list[Organisation]:
    """Return the person's organisations that may ask. Raises NotAllowed where nobody could."""
    own = queries.own_organisations(g.ctx)
    if receiver.id in [item.id for item in own]:
        raise NotAllowed(_("You write for %(name)s yourself.", name=receiver.name))
    if not enquiring.is_here(receiver):
        raise NotAllowed(
            _(
                "Nobody from %(name)s is here yet. Write a partner request; it can be invited to it.",
                name=receiver.name,
            )
        )
    third = about.id if about else None
    return [item for item in own if item.id != third and enquiring.may_ask(item, receiver)]


@blueprint.route("/enquiries/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=BOTH, rate="request")
def enquiry(public_id: str) -> ResponseReturnValue:
    """Show an enquiry; write in it, close or decline it."""
    row = _own(public_id)
    form, status = forms.MessageForm(request.form or None), 200
    if request.method == "POST":
        ending = request.form.get("ending", "")
        status = 422
        try:
            if form.validate():
                spend()
                text, ending = form.text.data or "", ending if ending in ENDINGS else ""
                enquiring.go_on(g.ctx, row, text, is_answer=_is_answer(row), ending=ending)
                said = {"close": _("The enquiry is closed."), "decline": _("You declined.")}
                flash(said.get(ending, _("Your message is sent.")))
                return redirect(f"/enquiries/{public_id}", 303)
        except (Invalid, Conflict, TooMany) as error:
            mark(form, error)
            status = error.status
    return _thread(Enquiry.get_by_id(row.id), form), status


def _thread(row: Enquiry, form: forms.MessageForm) -> str:
    own = [item.id for item in queries.own_organisations(g.ctx)]
    is_answer = _is_answer(row) if row.state in RUNNING else row.receiver.id in own
    values: dict[str, Any] = {
        "row": row,
        "side": row.receiver if is_answer else row.asker,
        "other": row.asker if is_answer else row.receiver,
        "thread": queries.messages(row),
        "state": labels.enquiry_state(row.state, is_answer),
        "is_over": row.state not in RUNNING,
        "is_asked": is_answer and row.state == OPEN,
        "form": form,
    }
    return render_template("requests/enquiry.html", **values)


def _is_answer(row: Enquiry) -> bool:
    """Whether the person writes for the receiver; for both sides, whose turn it is decides."""
    rights = permissions.granted(g.ctx, row, ["answer", "ask"])
    return "answer" in rights and (row.state == OPEN or "ask" not in rights)


def _own(public_id: str) -> Enquiry:
    """Return an enquiry for those who write for one of its sides. Raises NotFound."""
    row: Enquiry | None = Enquiry.get_or_none(Enquiry.public_id == public_id)
    if row is None or not permissions.may(g.ctx, "view", row):
        raise NotFound
    return row
