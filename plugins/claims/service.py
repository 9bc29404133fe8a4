"""Cases: somebody claims an entry, wants it removed or says a fact is wrong; a reviewer decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app

from plugins.claims import policy, rules
from plugins.claims.models import ACCEPTED, CLAIM, OPEN, PROOFS, REMOVAL, WEBSITE, Case
from plugins.claims.workflow import ACCEPT, DECLINE, NAME
from portal import audit, db, mail, objects, settings, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import service
from portal.organisations.models import CLAIMED, Organisation
from portal.people.models import Account
from portal.people.rules import normal_address

DECIDED = "claims.decided"
"""The kind of notices that tell the decision."""
MESSAGE_LENGTH = 4_000
MOST_FORGOTTEN = 500
MOST_OPEN = 20
"""Cases of one organisation that may wait at a time, so that nobody can bury the others."""


def open_case(
    ctx: Context,
    organisation: Organisation,
    kind: str,
    *,
    message: str,
    proof: str = "",
    reply_to: str = "",
) -> Case:
    """Ask a reviewer to decide about an entry; promised within five working days.

    A claim needs an account and one of the ways of proof; others may be opened by anyone, with an
    address for the answer when a removal is asked for without an account. Raises Invalid,
    NotAllowed, Conflict when it makes no sense for this entry, TooMany when many wait already.
    """
    message = _checked_message(message)
    reply_to = _checked_address(ctx, kind, reply_to)
    if kind == CLAIM:
        _check_claim(ctx, organisation, proof)
    elif kind == REMOVAL and not policy.may_be_removed(organisation):
        raise Conflict(
            _("People act for this organisation; they take it from the pages themselves.")
        )
    now = ctx.clock.now()
    with db.transaction():
        _check_queue(ctx, organisation, kind)
        case: Case = Case.create(
            public_id=service.new_public_id(),
            organisation=organisation.id,
            kind=kind,
            account=ctx.actor.account_id,
            reply_to=reply_to,
            proof=proof,
            message=message,
            created_at=now,
            due_at=rules.due_after(now),
        )
        workflow.start(ctx, case)
        audit.record(ctx, "case.opened", NAME, case.id, kind=kind, about=organisation.id)
        operator = settings.of(ctx)["operator_mail"]
        for to in filter(None, (operator, _address(case))):
            _tell(ctx, to, "claims/case_received", case, organisation)
    return case


def website_word(organisation: Organisation, account_id: int) -> str:
    """Return the word with which a person proves that the organisation's website is theirs."""
    secret = str(current_app.config["SECRET_KEY"])
    return rules.website_word(secret, organisation.public_id, account_id)


def word_of(case: Case) -> str:
    """Return the word that must stand on the website, empty where it is not the way of proof."""
    if case.kind != CLAIM or case.proof != WEBSITE or case.account is None:
        return ""
    return website_word(case.organisation, case.account.id)


def _checked_message(message: str) -> str:
    message = message.replace("\0", "").strip()
    if not message:
        raise Invalid(_("Write a sentence or two, so that we can decide."), field="message")
    if len(message) > MESSAGE_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=MESSAGE_LENGTH), field="message")
    return message


def _checked_address(ctx: Context, kind: str, address: str) -> str:
    if not address.strip() and (kind != REMOVAL or ctx.actor.signed_in):
        return ""
    try:
        return normal_address(address)
    except Invalid as error:
        raise Invalid(error.message, field="reply_to") from None


def _check_claim(ctx: Context, organisation: Organisation, proof: str) -> None:
    if not ctx.actor.signed_in:
        raise NotAllowed(_("Sign in to claim an organisation."))
    if organisation.is_fictional:
        raise NotAllowed(_("This entry was made up for demonstration; nobody can claim it."))
    if not policy.may_be_claimed(organisation):
        raise Conflict(_("People act for this organisation already. Ask them to add you."))
    if proof not in PROOFS:
        raise Invalid(_("Choose how you can prove that you act for it."), field="proof")


def _check_queue(ctx: Context, organisation: Organisation, kind: str) -> None:
    waiting = Case.select().where(Case.organisation == organisation.id, Case.state == OPEN)
    if waiting.count() >= MOST_OPEN:
        raise TooMany(
            _("Many requests about this entry wait for an answer. Try again in some days."),
            retry_after=86_400,
        )
    same = waiting.where(Case.kind == kind, Case.account == ctx.actor.account_id)
    if kind == CLAIM and same.exists():
        raise Conflict(_("Your claim is here already and waits for a reviewer."))


def decide_case(ctx: Context, case: Case, accept: bool, reasons: str) -> None:
    """Accept or decline with reasons that the person gets to read.

    Raises NotAllowed without four eyes, Conflict when it was decided before, Invalid without
    reasons.
    """
    try:
        workflow.move(ctx, case, ACCEPT if accept else DECLINE, reasons, case.version)
    except Invalid as error:
        raise Invalid(error.message, field="reasons") from None
    except NotFound:
        raise NotAllowed(
            _("Somebody else must decide this: a reviewer who did not ask and is no member.")
        ) from None


def carry_out(ctx: Context, case: Case, reasons: str) -> None:
    """Do what follows from a decision, inside its transaction, and tell the person.

    An accepted claim makes the person OrgAdmin of the organisation; an accepted removal hides it.
    Raises Conflict for a claim of what others have claimed meanwhile.
    """
    case.decision = reasons
    Case.update(
        decision=reasons, decided_by=ctx.actor.account_id, decided_at=ctx.clock.now()
    ).where(Case.id == case.id).execute()
    organisation: Organisation = Organisation.get_by_id(case.organisation.id)
    if case.state == ACCEPTED:
        _carry_out(ctx, case, organisation)
    to = _address(case)
    if to and not _told(ctx, case, organisation):
        _tell(ctx, to, "claims/case_decided", case, organisation)


def forget_texts(ctx: Context) -> int:
    """Delete what was written about cases that were decided long ago; returns how many there were.

    The decisions themselves stay, with their moment and their history.
    """
    days = int(settings.of(ctx, "claims")["text_days"])
    written = (Case.message != "") | (Case.decision != "") | (Case.reply_to != "")
    old: Any = Case.select(Case.id).where(
        Case.state != OPEN, Case.decided_at < ctx.clock.now() - timedelta(days=days), written
    )
    with db.transaction():
        ids = [number for (number,) in old.limit(MOST_FORGOTTEN).tuples()]
        workflow.forget_comments(NAME, ids)
        Case.update(message="", decision="", reply_to="").where(Case.id.in_(ids)).execute()
    return len(ids)


def _carry_out(ctx: Context, case: Case, organisation: Organisation) -> None:
    if case.kind == CLAIM:
        if not policy.may_be_claimed(organisation) or case.account is None:
            raise Conflict(_("This entry can't be claimed any more; decline and say why."))
        service.add_member(ctx, organisation, case.account.id, "OrgAdmin")
        service.touch(ctx, organisation, state=CLAIMED)
    elif case.kind == REMOVAL:
        service.touch(ctx, organisation, hidden_at=ctx.clock.now())


def _address(case: Case) -> str:
    """Return where the answer goes: the given address, or the account's."""
    if case.reply_to or case.account is None:
        return str(case.reply_to)
    account: Account = case.account
    return str(account.email)


def _told(ctx: Context, case: Case, organisation: Organisation) -> bool:
    """Let notices tell whoever asked with an account; False where that is not theirs to do."""
    if case.reply_to or case.account is None:
        return False
    named = {"organisation": organisation.name}
    accepted = lazy("Accepted: your request about %(organisation)s", **named)
    declined = lazy("Declined: your request about %(organisation)s", **named)
    notice = {
        "kind": DECIDED,
        "title": accepted if case.state == ACCEPTED else declined,
        "body": case.decision,
        "url": f"/organisations/receipts/{case.public_id}",
        "subject": f"{NAME} {case.id}",
    }
    hooks = objects.registry().hooks
    told = hooks.call("notice_tell", ctx, account_id=case.account.id, notice=notice)
    return any(answer for _plugin, answer in told)


def _tell(ctx: Context, to: str, kind: str, case: Case, organisation: Organisation) -> None:
    mail.enqueue(
        ctx,
        to,
        kind,
        case_kind=case.kind,
        organisation=organisation.name,
        case=case.public_id,
        accepted=case.state == ACCEPTED,
        reasons=case.decision,
        due_at=case.due_at,
        path=f"/organisations/receipts/{case.public_id}",
    )
