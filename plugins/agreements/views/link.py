"""What parties without an account see behind a mailed link: read, agree, comment, sign, decline."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements import drafting, forms, labels, negotiating, pages, policy, queries, signing
from plugins.agreements.models import FROZEN, NEGOTIATION, Agreement
from plugins.agreements.telling import LINK
from plugins.agreements.views import sign as signing_pages
from plugins.agreements.views.base import linked, spend, template_of
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
    there = parties(row.id)
    current = queries.shown(row)
    signed = pages.signed_by(row)
    return render_template(
        "agreements/link.html",
        row=row,
        who=who,
        token=token,
        kind=labels.kind(row.kind),
        state=labels.state(row.state),
        clauses=pages.clause_rows(row, drafting.content_of(current), there, who.party),
        parties=[pages.party_row(party, row, signed) for party in there],
        waiting=queries.waiting(row),
        problems=drafting.problems(g.ctx, row) if row.state == NEGOTIATION else [],
        titles=pages.titles_of(drafting.content_of(current)),
        current=current,
        may_write=who.may_write and row.state == NEGOTIATION,
        may_sign=who.signer is not None and row.state in FROZEN,
        has_agreed=who.party.confirmed == row.number,
        has_signed=who.party.id in signed,
        reason=signing.reasons(row) if row.state == NEGOTIATION else "",
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
                return redirect(f"/agreements/links/{token}#clause-{key}", 303)
    shown = next(
        item
        for item in pages.document(drafting.content_of(queries.shown(row)), pages.names_of(there))
        if item.id == key
    )
    return render_template(
        "agreements/link_clause.html",
        row=row,
        who=who,
        token=token,
        clause=found,
        shown=shown,
        form=form,
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
    return redirect(f"/agreements/links/{token}#clause-{key}", 303)


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
