"""What parties without an account see behind a mailed link: read, agree, comment, sign, decline."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements import forms, labels, negotiating, pages, policy, queries, reading, signing
from plugins.agreements.models import FROZEN, NEGOTIATION, Agreement
from plugins.agreements.seats import seats
from plugins.agreements.telling import LINK
from plugins.agreements.views import sign as signing_pages
from plugins.agreements.views.base import asked_page, linked, spend, template_of
from plugins.agreements.views.text import save
from plugins.agreements.workflow import parties
from plugins.links.interface import find
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import ANYONE, allow

HOLDER = "whoever has the mailed link of a party"


def _opened(token: str) -> tuple[Agreement, policy.Hand]:
    """Return the agreement of a link and for whom its holder acts. Raises NotFound."""
    link = find(g.ctx, token, LINK)
    row = Agreement.get_or_none(Agreement.id == link.object_id)
    if row is None:
        raise NotFound
    return row, policy.held(row, link.role, link.email, link.name)


@linked.get("/<token>")
@allow(ANYONE, owner=HOLDER)
def show(token: str) -> ResponseReturnValue:
    """Show the agreement to a party without an account."""
    row, who = _opened(token)
    there = seats(row.id)
    current = reading.newest(row)
    text = reading.of(row, current, there)
    is_open = row.state == NEGOTIATION
    tools = pages.Tools(f"/agreements/links/{token}", talks=True)
    problems = reading.problems(row, text, there, g.ctx.clock.now().date()) if is_open else []
    return render_template(
        "agreements/link.html",
        row=row,
        who=who,
        token=token,
        kind=labels.kind(row.kind),
        state=labels.state(row.state),
        clauses=pages.clause_page(
            row, text, there, who.party, asked_page(), tools if who.may_write and is_open else None
        ),
        parties=pages.party_page(row, there, asked_page("parties"), text),
        waiting=queries.waiting(row, there),
        problems=pages.problem_list(text, problems, f"/agreements/links/{token}", row.languages[0]),
        open_points=len(problems),
        current=current,
        may_write=who.may_write and is_open,
        may_sign=who.signer is not None and row.state in FROZEN,
        has_agreed=who.party.confirmed == row.number,
        has_signed=any(seat.id == who.party.id and seat.signature_id for seat in there),
        reason=signing.reasons(row) if is_open else "",
    )


@linked.post("/<token>/agree")
@allow(ANYONE, owner=HOLDER)
def agree(token: str) -> ResponseReturnValue:
    """Agree to the whole text that was shown."""
    row, who = _opened(token)
    is_frozen = negotiating.agree(g.ctx, row, who, request.form.get("digest", ""))
    flash(
        _("All parties agree: the text is ready to sign.")
        if is_frozen
        else _("You agree to this text. The others are asked too.")
    )
    return redirect(f"/agreements/links/{token}{'/sign' if is_frozen else ''}", 303)


@linked.route("/<token>/clauses/<key>", methods=["GET", "POST"])
@allow(ANYONE, owner=HOLDER)
def clause(token: str, key: str) -> ResponseReturnValue:
    """Change a clause."""
    row, who = _opened(token)
    policy.check(g.ctx, "negotiate", row, who)
    found, there = queries.clause(row, key), parties(row.id)
    template = template_of(row)
    form = forms.clause_form(
        template.clause(key), template, row, found, there, request.form or None
    )
    status = 200
    if request.method == "POST":
        status = 422
        if row.state != NEGOTIATION:
            raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
        if form.validate():
            spend(f"link {row.id} {who.party.public_id}")
            try:
                save(row, who, found, form, there)
            except Invalid as error:
                mark(form, error)
            else:
                flash(_("The clause is saved."))
                return redirect(f"/agreements/links/{token}{reading.jump(row, key)}", 303)
    return render_template(
        "agreements/link_clause.html",
        row=row,
        who=who,
        token=token,
        clause=found,
        shown=pages.shown_clause(row, key),
        jump=reading.jump(row, key),
        form=form,
        others=forms.others(there, who.party),
        has_units=any(item.type == "units" for item in template.clause(key).fields),
    ), status


@linked.post("/<token>/clauses/<key>/remarks")
@allow(ANYONE, owner=HOLDER)
def remark(token: str, key: str) -> ResponseReturnValue:
    """Comment a clause."""
    row, who = _opened(token)
    spend(f"link {row.id} {who.party.public_id}")
    negotiating.remark(g.ctx, row, who, key, request.form.get("text", ""))
    flash(_("The other parties read it beside the clause."))
    return redirect(f"/agreements/links/{token}{reading.jump(row, key)}", 303)


@linked.route("/<token>/sign", methods=["GET", "POST"])
@allow(ANYONE, owner=HOLDER)
def sign(token: str) -> ResponseReturnValue:
    """Sign for a party the very text that is shown."""
    row, who = _opened(token)
    return signing_pages.answer(row, who, f"/agreements/links/{token}")


@linked.post("/<token>/decline")
@allow(ANYONE, owner=HOLDER)
def decline(token: str) -> ResponseReturnValue:
    """Decline to sign, with the reason."""
    row, who = _opened(token)
    signing.decline(g.ctx, row, who, request.form.get("reason", ""))
    flash(_("You declined to sign. The text is open again, and all parties are told."))
    return redirect(f"/agreements/links/{token}", 303)
