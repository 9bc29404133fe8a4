"""Cases: what people ask of a reviewer about entries, names and decisions, and how it is decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app

from plugins.claims import policy, rules, telling
from plugins.claims.models import (
    ABUSE,
    ACCEPTED,
    APPEAL,
    CLAIM,
    DECLINED,
    GROUNDS,
    HIDE,
    LOOKALIKE,
    MEASURES,
    OPEN,
    PERSON,
    PROOFS,
    PROVEN_BY,
    PROVING,
    REASONS,
    REMOVAL,
    RESTRICTING,
    VERIFICATION,
    WEBSITE,
    Case,
)
from plugins.claims.workflow import ACCEPT, DECLINE, NAME
from plugins.directory import interface as directory
from portal import audit, db, settings, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.i18n import _
from portal.organisations import service
from portal.organisations.models import Organisation
from portal.people.rules import normal_address, own_path

MESSAGE_LENGTH = 4_000
RULE_LENGTH = 500
PAGE_LENGTH = 500
MOST_FORGOTTEN = 500
MOST_OPEN = 20
"""Cases of one organisation that may wait at a time, so that nobody can bury the others."""


# Asking


def open_case(
    ctx: Context,
    organisation: Organisation,
    kind: str,
    *,
    message: str,
    proof: str = "",
    reply_to: str = "",
    page: str = "",
    reason: str = "",
) -> Case:
    """Ask a reviewer to decide about an entry; promised within five working days.

    A claim needs an account and one of the ways of proof, a verification an administrator of the
    organisation too; others may be opened by anyone, with an address for the answer when a removal
    is asked for without an account. A report of content says why, and on which page it stands.
    Raises Invalid, NotAllowed, Conflict when it makes no sense for this entry, TooMany when many
    wait already.
    """
    message = _checked_message(message)
    reply_to = _checked_address(ctx, kind, reply_to)
    if kind in PROVING:
        _check_asking(ctx, organisation, kind, proof)
    elif kind == REMOVAL and not policy.may_be_removed(organisation):
        raise Conflict(
            _("People act for this organisation; they take it from the pages themselves.")
        )
    elif kind == ABUSE:
        if reason not in REASONS:
            raise Invalid(_("Choose what is wrong with it."), field="reason")
        page = own_path(page.strip()[:PAGE_LENGTH], f"/partners/{organisation.slug}")
    with db.transaction():
        service.lock(organisation)  # who sends twice at once meets the first one here
        _check_queue(ctx, organisation, kind)
        case = _open(
            ctx,
            kind,
            organisation=organisation.id,
            account=ctx.actor.account_id,
            reply_to=reply_to,
            proof=proof,
            message=message,
            page=page if kind == ABUSE else "",
            reason=reason if kind == ABUSE else "",
        )
    return case


def open_name(
    ctx: Context,
    name: str,
    signs: str,
    *,
    organisation: Organisation | None = None,
    resembles: Organisation | None = None,
    account_id: int | None = None,
) -> Case | None:
    """Have a reviewer look at a name that somebody chose, and warn that person.

    None when one waits already about this organisation or person, or found nothing in this name.
    """
    kind = LOOKALIKE if organisation is not None else PERSON
    about = {"organisation": organisation.id} if organisation else {"about_account": account_id}
    row = Case
    with db.transaction():
        if organisation is not None:
            service.lock(organisation)
        here = [getattr(row, key) == value for key, value in about.items()]
        settled = (row.state == DECLINED) & (row.message == name)
        if row.select().where(row.kind == kind, (row.state == OPEN) | settled, *here).exists():
            return None
        case = _open(
            ctx,
            kind,
            **about,
            account=account_id,
            message=name,
            reason=signs,
            resembles=resembles.id if resembles else None,
        )
        if account_id is not None:
            telling.warned(ctx, case, account_id)
    return case


def open_appeal(ctx: Context, case: Case, message: str) -> Case:
    """Ask somebody else to decide a case anew. Raises Invalid, NotFound for those who may not."""
    message = _checked_message(message)
    with db.transaction():
        Case.update(version=Case.version).where(Case.id == case.id).execute()
        if not policy.may_appeal(ctx, case):
            raise NotFound
        return _open(
            ctx,
            APPEAL,
            organisation=case.organisation_id,
            about_account=case.about_account_id,
            parent=case.id,
            account=ctx.actor.account_id,
            reply_to="" if ctx.actor.account_id else case.reply_to,
            message=message,
        )


def _open(ctx: Context, kind: str, **values: Any) -> Case:
    now = ctx.clock.now()
    case: Case = Case.create(
        public_id=service.new_public_id(),
        kind=kind,
        created_at=now,
        due_at=rules.due_after(now),
        **values,
    )
    workflow.start(ctx, case)
    about = values.get("organisation")
    audit.record(ctx, "case.opened", NAME, case.id, kind=kind, about=about)
    is_own = kind in {LOOKALIKE, PERSON}  # nobody asked: the portal noticed
    operator = settings.of(ctx)["operator_mail"]
    for to in filter(None, (operator, "" if is_own else telling.address(case))):
        telling.received(ctx, to, case)
    return case


def website_word(organisation: Organisation, account_id: int) -> str:
    """Return the word with which a person proves that the organisation's website is theirs."""
    secret = str(current_app.config["SECRET_KEY"])
    return rules.website_word(secret, organisation.public_id, account_id)


def word_of(case: Case) -> str:
    """Return the word that must stand on the website, empty where it is not the way of proof."""
    if case.kind not in PROVING or case.proof != WEBSITE or case.account is None:
        return ""
    organisation: Any = case.organisation
    return website_word(organisation, case.account.id)


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


def _check_asking(ctx: Context, organisation: Organisation, kind: str, proof: str) -> None:
    if not ctx.actor.signed_in:
        raise NotAllowed(_("Sign in to claim an organisation."))
    if organisation.is_fictional:
        raise NotAllowed(_("This entry was made up for demonstration; nobody can claim it."))
    if kind == CLAIM and not policy.may_be_claimed(organisation):
        raise Conflict(_("People act for this organisation already. Ask them to add you."))
    if kind == VERIFICATION and not policy.may_be_verified(ctx, organisation):
        raise NotFound
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
    if kind in PROVING and same.exists():
        raise Conflict(_("Your claim is here already and waits for a reviewer."))


# Deciding


def decide_case(
    ctx: Context,
    case: Case,
    accept: bool,
    reasons: str,
    *,
    proven_by: str = "",
    measure: str = "",
    ground: str = "",
    rule: str = "",
) -> None:
    """Accept or decline with reasons that the person gets to read.

    Accepting a claim takes what proved it (the letter, website or members that were offered are
    taken if nothing is said), restricting somebody a measure with the law or rule it rests on.
    Raises NotAllowed without four eyes, Conflict when it was decided before, Invalid naming the
    field.
    """
    values = {}
    if accept and any(step.name == ACCEPT for step in workflow.offered(ctx, case)):
        values = _checked_values(case, proven_by, measure, ground, rule)
    try:
        with db.transaction():
            if values:
                Case.update(**values).where(Case.id == case.id, Case.state == OPEN).execute()
            workflow.move(ctx, case, ACCEPT if accept else DECLINE, reasons, case.version)
    except Invalid as error:
        raise Invalid(error.message, field=error.field or "reasons") from None
    except NotFound:
        raise NotAllowed(
            _("Somebody else must decide this: a reviewer who did not ask and is no member.")
        ) from None


def asks(case: Case) -> tuple[bool, bool]:
    """Whether accepting a case takes what proved it, and whether it takes a measure."""
    decided: Case = case.parent if case.kind == APPEAL else case
    if decided is not case and decided.state == ACCEPTED:
        return False, False  # the appeal ends a restriction
    return decided.kind in PROVING, decided.kind in RESTRICTING


def objections(case: Case) -> list[str]:
    """Name what stands against accepting a case, on whichever page that is done."""
    takes_proof, takes_measure = asks(case)
    if takes_measure and not case.measure:
        return [_("Accept it on its own page: it asks what is to be done.")]
    if takes_proof:
        _checked_proof(case, case.proven_by)
    return []


def _checked_values(
    case: Case, proven_by: str, measure: str, ground: str, rule: str
) -> dict[str, str]:
    takes_proof, takes_measure = asks(case)
    if takes_proof:
        return {"proven_by": _checked_proof(case, proven_by)}
    if not takes_measure:
        return {}
    if measure not in MEASURES:
        raise Invalid(_("Choose what is to be done."), field="measure")
    if measure == HIDE and case.organisation is None:
        raise Invalid(_("A person can be asked to change a name; choose that."), field="measure")
    if ground not in GROUNDS:
        raise Invalid(_("Choose what the decision rests on."), field="ground")
    rule = " ".join(rule.replace("\0", "").split())
    if not rule:
        raise Invalid(_("Name the law or the rule, and say why it applies."), field="rule")
    if len(rule) > RULE_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=RULE_LENGTH), field="rule")
    return {"measure": measure, "ground": ground, "rule": rule}


def _checked_proof(case: Case, proven_by: str) -> str:
    proven_by = proven_by or rules.offered_proof(case)
    if proven_by not in PROVEN_BY:
        raise Invalid(
            _("Choose what proved it. Mail from a domain helps, but does not decide alone."),
            field="proven_by",
        )
    organisation: Any = case.organisation
    domain = organisation.domain
    if proven_by == WEBSITE and domain and directory.is_shared(domain):
        told = _("Many share the domain %(domain)s: a sign there proves nothing about one of them.")
        raise Invalid(told % {"domain": domain}, field="proven_by")
    return proven_by


# Keeping


def forget_texts(ctx: Context) -> int:
    """Delete what was written about cases that were decided long ago; returns how many there were.

    The decisions themselves stay, with their moment and their history.
    """
    days = int(settings.of(ctx, "claims")["text_days"])
    row = Case
    written = (row.message != "") | (row.decision != "") | (row.reply_to != "") | (row.rule != "")
    old: Any = row.select(row.id).where(
        row.state != OPEN, row.decided_at < ctx.clock.now() - timedelta(days=days), written
    )
    with db.transaction():
        ids = [number for (number,) in old.limit(MOST_FORGOTTEN).tuples()]
        workflow.forget_comments(NAME, ids)
        blank = {"message": "", "decision": "", "reply_to": "", "rule": ""}
        row.update(**blank).where(row.id.in_(ids)).execute()
    return len(ids)
