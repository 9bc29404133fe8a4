"""Signing: what was shown and nothing else, by those who may, once for each party."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from plugins.agreements import library, negotiating, policy, queries, rules, telling
from plugins.agreements.models import FROZEN, IN_FORCE, READY, Agreement, Party, Signature, Version
from plugins.agreements.policy import Hand
from plugins.agreements.workflow import AGREEMENT, parties, standing
from plugins.evidence.interface import canonical, passkeys, signatures
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _, day
from portal.organisations.service import new_public_id
from portal.people.rules import normal_name


class Stale(Conflict):
    """Somebody would sign another text than the one they were shown; `shown` is that one."""

    shown: Version | None = None


@dataclass(frozen=True)
class Paper:
    """A signature made elsewhere: who signed, in which position, and the scan, or the signed PDF.

    `evidence` is what was found in a PDF that was signed with another tool; None for a scan.
    """

    name: str
    position: str
    scan: bytes
    evidence: Mapping[str, Any] | None = None


def intent(agreement: Agreement, party: Party) -> str:
    """Return the sentence that a signer sees and signs along, in the language of the page."""
    named = {"title": agreement.title, "party": party.name}
    if library.is_person(party):
        return _("I have read %(title)s and sign it.", **named)
    return _("I have read %(title)s and sign it for %(party)s.", **named)


def sign(
    ctx: Context,
    agreement: Agreement,
    who: Hand,
    digest: str,
    *,
    prepared: passkeys.Prepared | None = None,
    paper: Paper | None = None,
) -> Signature:
    """Sign for a party the text with the digest that was shown.

    `prepared` is what a passkey of the actor has signed; see `question`. With `paper` an editor
    attests that somebody signed a printed copy. Raises Stale (409) when the
    text is another by now, Conflict when the party signed already or nothing is to be signed,
    NotAllowed for those who do not sign for the party (any more), Invalid for a bad scan.
    """
    elsewhere = signatures.PAPER if paper and paper.evidence is None else signatures.OUTSIDE
    level = elsewhere if paper else signatures.PASSKEY if prepared else signatures.CLICK
    with db.transaction():
        now = queries.hold(agreement)
        _check_open(ctx, now, who)
        current = _check_shown(now, digest)
        name, position, scan, kind = _signer(who, paper)
        _check_first(now, who)
        public_id = prepared.said["signature"] if prepared else new_public_id()
        salt = prepared.signer.salt if prepared else ""
        signer = signatures.signer(public_id, name, position, salt)
        at = ctx.clock.now().replace(microsecond=0)  # as the statement has it
        if prepared:
            _check_prepared(prepared, current, who, signer)
            at = datetime.fromisoformat(prepared.said["signed_at"])
        written = (
            prepared.statement
            if prepared
            else signatures.statement(
                number=public_id, document=bytes(current.content), party=who.party.public_id,
                signer=signer, mandate=_mandate(who, paper), intent=intent(now, who.party),
                language=ctx.locale, signed_at=at, level=level, proof=_proof(ctx, who, paper),
            )
        )  # fmt: skip
        made = _insert(
            public_id=public_id, agreement=now.id, party=who.party.id, version=current.id,
            digest=current.digest, level=level, statement=written,
            evidence={
                **(prepared.evidence if prepared else {}),
                **((paper.evidence or {}) if paper else {}),
                **({"by": "link"} if who.by_link else {}),
            },
            account=None if paper else ctx.actor.account_id,
            attested_by=ctx.actor.account_id if paper else None,
            name=name, position=position, salt=signer.salt, scan=scan, scan_type=kind,
            signed_at=at,
        )  # fmt: skip
        audit.record(
            ctx, "agreement.signed", AGREEMENT, now.id, party=who.party.public_id,
            version=current.number, document=current.digest, statement=canonical.digest(written),
            level=level, by=who.actor, signature=made.public_id,
            evidence=signatures.sum_of(made.evidence),
        )  # fmt: skip
        _go_on(ctx, now)
    return made


def question(ctx: Context, agreement: Agreement, who: Hand, digest: str) -> str:
    """Ask a passkey of the actor to sign the text with the digest that was shown; returns JSON.

    Raises as `sign` does, and NotAllowed for those without a passkey.
    """
    _check_open(ctx, agreement, who)
    current = _check_shown(agreement, digest)
    name, position, _scan, _kind = _signer(who, None)
    _check_first(agreement, who)
    return passkeys.ask(
        ctx, document=bytes(current.content), party=who.party.public_id, name=name,
        position=position, mandate=_mandate(who, None), intent=intent(agreement, who.party),
        at=ctx.clock.now(),
    )  # fmt: skip


def _check_prepared(prepared: passkeys.Prepared, current: Version, who: Hand, signer: Any) -> None:
    """Refuse what a passkey signed for another text, party or person than those at hand."""
    said = prepared.said
    if (said["document"], said["party"]) != (current.digest, who.party.public_id) or (
        said["signer"] != signer.commitment
    ):
        raise Stale(_("The text is not the one that you were shown. Nothing was signed."))


def check_may_sign(ctx: Context, agreement: Agreement, who: Hand) -> None:
    """Raise what keeps somebody from signing for their party now, in which way ever."""
    _check_open(ctx, agreement, who)
    if who.signer is None:
        negotiating.check_writes(who)
    _check_first(agreement, who)


def _check_open(ctx: Context, agreement: Agreement, who: Hand) -> None:
    if agreement.state == IN_FORCE:
        raise Conflict(_("All parties have signed already; the agreement is in force."))
    policy.check(ctx, "sign", agreement, who)
    if agreement.state not in FROZEN:
        raise Conflict(_("The text is not ready to sign: somebody opened it again, or it ended."))


def _check_shown(agreement: Agreement, digest: str) -> Version:
    current = queries.shown(agreement)
    if current.digest != digest or canonical.digest(bytes(current.content)) != digest:
        error = Stale(_("The text is not the one that you were shown. Nothing was signed."))
        error.shown = Version.get_or_none(
            Version.agreement == agreement.id, Version.digest == digest
        )
        raise error
    return current


def _signer(who: Hand, paper: Paper | None) -> tuple[str, str, bytes | None, str]:
    """Return name and position of who signs, with the scan and its type."""
    if paper is not None:
        if paper.evidence is None or who.signer is None:
            negotiating.check_writes(who)
        kind = rules.scan_type(paper.scan) if paper.evidence is None else "application/pdf"
        position = rules.checked_text(paper.position, 120, "position")
        return normal_name(paper.name), " ".join(position.split()), paper.scan, kind
    if who.signer is None:
        raise NotAllowed(
            _(
                "You do not sign for %(name)s, or not any more. Its administrators say who does.",
                name=who.party.name,
            )
        )
    return who.signer.name or who.party.name, who.signer.function, None, ""


def first_of(agreement: Agreement) -> Party | None:
    """Return the party that signs before the others can, None where all sign as they like."""
    signed = {row.party_id for row in standing(agreement.id)}
    there = [party for party in parties(agreement.id) if party.id not in signed]
    return there[0] if agreement.in_turn and there else None


def _check_first(agreement: Agreement, who: Hand) -> None:
    for row in standing(agreement.id):
        if row.party_id == who.party.id:
            raise _signed_before(row, who)
    first = first_of(agreement)
    if first is not None and first.id != who.party.id:
        raise Conflict(
            _("Parties sign in their order: it is the turn of %(name)s.", name=first.name)
        )


def _signed_before(row: Signature, who: Hand) -> Conflict:
    return Conflict(
        _(
            "%(name)s has signed already, on %(day)s. One signature is enough.",
            name=who.party.name,
            day=day(row.signed_at, "medium"),
        )
    )


def _mandate(who: Hand, paper: Paper | None) -> str:
    if paper is not None:
        return paper.position
    if library.is_person(who.party):
        return str(who.party.role)
    if who.party.organisation_id is None or who.signer is None:
        return str(who.party.name)
    return who.signer.function or "OrgSignatory"


def _proof(ctx: Context, who: Hand, paper: Paper | None) -> dict[str, str]:
    if paper is not None:
        name = "scan" if paper.evidence is None else "file"
        return {name: canonical.digest(paper.scan), "attested_by": who.party.name}
    return {"proved_at": db.utc_text(ctx.clock.now()), "by": "link" if who.by_link else "password"}


def _insert(**values: Any) -> Signature:
    try:
        with db.database.atomic():
            made: Signature = Signature.create(**values)
    except IntegrityError:
        raise Conflict(_("This party has signed already. One signature is enough.")) from None
    return made


def _go_on(ctx: Context, agreement: Agreement) -> None:
    """Count the signature in: the first one begins the round, the last one puts it in force."""
    if agreement.state == READY:
        negotiating.move(ctx, agreement, None, "begin")
    signed = {row.party_id for row in standing(agreement.id)}
    if signed >= {party.id for party in parties(agreement.id)}:
        negotiating.move(ctx, agreement, None, "complete")
    elif agreement.in_turn:
        telling.ask_to_sign(ctx, agreement)


def decline(ctx: Context, agreement: Agreement, who: Hand, reason: str) -> None:
    """Decline to sign, with the reason; the text is open again and all signatures are void.

    Raises Invalid without a reason, NotAllowed for those who neither sign nor write for the party.
    """
    with db.transaction():
        now = queries.hold(agreement)
        _check_open(ctx, now, who)
        if who.signer is None and not who.may_write:
            raise NotAllowed(_("Whoever signs or writes for your organisation does this."))
        if not reason.strip():
            raise Invalid(_("Write the reasons in a sentence or two."), field="reason")
        negotiating.move(ctx, now, who, "decline", reason)
        number = who.party.public_id
        audit.record(ctx, "agreement.declined", AGREEMENT, now.id, party=number, by=who.actor)


def void(ctx: Context, agreement: Agreement, reason: str) -> int:
    """Void all standing signatures of an agreement, inside the caller's transaction."""
    found, now = standing(agreement.id), ctx.clock.now()
    for row in found:
        Signature.update(voided_at=now, void_reason=reason).where(Signature.id == row.id).execute()
        audit.record(
            ctx, "agreement.signature_voided", AGREEMENT, agreement.id, signature=row.public_id,
            reason=reason, at=db.utc_text(now),
        )  # fmt: skip
    return len(found)


def reasons(agreement: Agreement, past: Sequence[queries.Step] | None = None) -> str:
    """Return why the text was opened again the last time, empty for never."""
    steps = queries.past(agreement) if past is None else past
    found = [item for item in steps if item.transition in ("reopen", "decline")]
    return str(found[-1].comment) if found else ""
