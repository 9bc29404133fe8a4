"""Negotiating: send, change, comment, suggest, accept, agree; freezing once all agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plugins.agreements import drafting, library, policy, queries, rules, telling
from plugins.agreements.models import (
    DECLINED,
    DRAFT,
    FROZEN,
    IN_FORCE,
    NEGOTIATION,
    OPEN,
    TAKEN,
    Acceptance,
    Agreement,
    Clause,
    Party,
    Remark,
)
from plugins.agreements.policy import Hand
from plugins.agreements.seats import Seat
from plugins.agreements.workflow import AGREEMENT, parties
from plugins.members.interface import with_signatories
from portal import audit, db, versions, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.service import new_public_id

MOST_REMARKS = 300


def move(
    ctx: Context, agreement: Agreement, who: Hand | None, step: str, comment: str = ""
) -> None:
    """Take a step of the workflow: as the actor, or as the portal for a link and what follows."""
    as_portal = who is None or who.by_link
    workflow.move(ctx.as_actor(SYSTEM) if as_portal else ctx, agreement, step, comment)


def send(ctx: Context, agreement: Agreement, version: int | None = None) -> None:
    """Send a draft to its parties; who sends it agrees to it, if nothing stands against it.

    Raises what the step raises.
    """
    with db.transaction():
        workflow.move(ctx, agreement, "share", "", version)
        now = queries.hold(agreement)
        if not drafting.problems(ctx, now):
            first = next(
                party for party in parties(now.id) if party.organisation_id == now.organisation_id
            )
            _agree(ctx, now, first)


# Clauses


def change(
    ctx: Context,
    agreement: Agreement,
    who: Hand,
    key: str,
    values: Mapping[str, Any],
    version: int,
    wording: Mapping[str, str] | None = None,
) -> Clause:
    """Change a clause; `version` is the clause's that was shown, `wording` its text by language.

    A material change of a text that is ready to sign opens it again: all signatures are void. A
    clerical one leaves them. Raises Invalid with the field, Conflict with both texts when somebody
    was faster, and for a material change of what is in force.
    """
    with db.transaction():
        now = queries.hold(agreement)
        policy.check(ctx, "negotiate", now, who)
        row = queries.clause(now, key)
        form = library.template(now.kind, now.template_version).clause(key)
        if now.state == IN_FORCE and form.material:
            raise Conflict(_("This is in force. Begin an amendment to change it."))
        typed = rules.checked(form, values, [party.public_id for party in parties(now.id)])
        texts = _worded(row, now.languages, wording or {})
        if version != row.version:
            raise _conflict(row, drafting.opened(now, row), typed, texts)
        kept = drafting.hidden(ctx, now, form, typed)
        if (kept, texts) != (row.data, row.texts):
            if now.state in FROZEN and form.material:
                title = row.texts["title"][now.languages[0]]
                move(ctx, now, who, "reopen", _("Changed: %(clause)s", clause=title))
            _write(ctx, now, who, row, kept, texts, form.material)
        return queries.clause(now, key)


def _worded(row: Clause, languages: list[str], wording: Mapping[str, str]) -> dict[str, Any]:
    """Return a clause's texts with another wording, where one was typed."""
    text = dict(row.texts["text"])
    for code, typed in wording.items():
        if code in languages:
            text[code] = rules.checked_text(typed, rules.LONGEST_WORDING, f"wording-{code}")
    return {**row.texts, "text": text}


def _conflict(
    row: Clause, data: Mapping[str, Any], kept: Mapping[str, Any], texts: Mapping[str, Any]
) -> Conflict:
    typed = {**kept, **{f"wording-{code}": text for code, text in texts["text"].items()}}
    theirs = {**data, **{f"wording-{code}": text for code, text in row.texts["text"].items()}}
    return versions.both(typed, row.version, theirs, {})


def _write(
    ctx: Context,
    agreement: Agreement,
    who: Hand,
    row: Clause,
    data: Mapping[str, Any],
    texts: Mapping[str, Any],
    is_material: bool,
) -> None:
    Clause.update(
        data=data, texts=texts, version=row.version + 1, party=who.party.id,
        changed_at=ctx.clock.now(),
    ).where(Clause.id == row.id).execute()  # fmt: skip
    row.version += 1
    _note_acceptance(row, who.party)
    before = agreement.number
    why = "changed" if is_material else "corrected"
    stored = drafting.store(ctx, agreement, why, row.key, who.party, who.actor)
    if not is_material:  # who agreed to the text before agrees to it still
        Party.update(confirmed=stored.number).where(
            Party.agreement == agreement.id, Party.confirmed == before, Party.confirmed > 0
        ).execute()
    if agreement.state != DRAFT:
        named = {"name": who.party.name, "title": agreement.title}
        words = (
            lazy("%(name)s changed %(title)s", **named),
            lazy("Look at what changed; accept it, comment it or suggest something else."),
        )
        mark = f"changed {stored.number}"
        telling.tell(ctx, agreement, telling.CHANGED, words, mark, but=who.party)


def accept(ctx: Context, agreement: Agreement, who: Hand, key: str, version: int) -> None:
    """Accept a clause as it was shown, for a party. Raises Conflict when it is another by now."""
    with db.transaction():
        now = queries.hold(agreement)
        policy.check(ctx, "negotiate", now, who)
        row = queries.clause(now, key)
        if now.state != NEGOTIATION or row.version != version:
            raise Conflict(_("This clause was changed meanwhile. Look at it as it is now."))
        _note_acceptance(row, who.party)


def _note_acceptance(row: Clause, party: Party) -> None:
    Acceptance.insert(clause=row.id, party=party.id, version=row.version).on_conflict(
        conflict_target=[Acceptance.clause, Acceptance.party], update={"version": row.version}
    ).execute()


# Remarks


def remark(
    ctx: Context,
    agreement: Agreement,
    who: Hand,
    key: str,
    text: str,
    proposal: Mapping[str, str] | None = None,
) -> Remark:
    """Comment a clause; with a proposal (another wording by language) it is a suggestion.

    Raises Invalid, Conflict once the text is no longer negotiated.
    """
    with db.transaction():
        now = queries.hold(agreement)
        policy.check(ctx, "negotiate", now, who)
        if now.state != NEGOTIATION:
            raise Conflict(_("Comments are for the time in which the text is being agreed."))
        row = queries.clause(now, key)
        text = rules.checked_text(text, rules.LONGEST_LONG, "text")
        worded = _worded(row, now.languages, proposal or {})["text"]
        changed = {code: new for code, new in worded.items() if new != row.texts["text"][code]}
        if not text and not changed:
            raise Invalid(_("Write a comment, or another wording."), field="text")
        if Remark.select().where(Remark.clause == row.id).count() >= MOST_REMARKS:
            raise Conflict(_("There are many comments on this clause. Agree on the phone."))
        made: Remark = Remark.create(
            public_id=new_public_id(), clause=row.id, party=who.party.id,
            account=ctx.actor.account_id, text=text, proposal=changed, base=row.version,
            created_at=ctx.clock.now(),
        )  # fmt: skip
        named = {"name": who.party.name, "title": now.title}
        words = (
            lazy("%(name)s suggests a change of %(title)s", **named)
            if changed
            else lazy("%(name)s commented %(title)s", **named),
            lazy("Read it beside the clause and answer there."),
        )
        telling.tell(ctx, now, telling.CHANGED, words, f"remark {made.public_id}", but=who.party)
    return made


def answer(ctx: Context, agreement: Agreement, who: Hand, public_id: str, is_taken: bool) -> None:
    """Take a suggestion over into the clause, or decline it.

    Nobody takes over their own: they change the clause. Raises Conflict when the clause was changed
    since, or it was answered before.
    """
    with db.transaction():
        now = queries.hold(agreement)
        policy.check(ctx, "negotiate", now, who)
        found = queries.remark(now, public_id)
        if found.state != OPEN or now.state != NEGOTIATION:
            raise Conflict(_("This was answered already."))
        if is_taken:
            row: Clause = found.clause
            if found.base != row.version:
                raise Conflict(
                    _("The clause was changed since this was suggested. Change it by hand.")
                )
            data = drafting.opened(now, row)
            change(ctx, now, who, row.key, data, row.version, found.proposal)
            now = queries.hold(now)
            _note_acceptance(Clause.get_by_id(row.id), found.party)
        Remark.update(state=TAKEN if is_taken else DECLINED, closed_at=ctx.clock.now()).where(
            Remark.id == found.id
        ).execute()


# Agreeing


def agree(ctx: Context, agreement: Agreement, who: Hand, digest: str) -> bool:
    """Agree to the whole text that was shown; True when with that it is ready to sign.

    Raises Invalid while something stands against it, Conflict when the text is another by now.
    """
    with db.transaction():
        now = queries.hold(agreement)
        policy.check(ctx, "negotiate", now, who)
        if now.state != NEGOTIATION:
            raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
        if queries.shown(now).digest != digest:
            raise Conflict(_("The text was changed while you read it. Look at it as it is now."))
        found = drafting.problems(ctx, now)
        if found:
            raise Invalid(" ".join(dict.fromkeys(item.text for item in found)))
        return _agree(ctx, now, who.party, who)


def _agree(ctx: Context, agreement: Agreement, party: Party, who: Hand | None = None) -> bool:
    Party.update(confirmed=agreement.number, confirmed_at=ctx.clock.now()).where(
        Party.id == party.id
    ).execute()
    for row in drafting.clauses(agreement):
        _note_acceptance(row, party)
    audit.record(
        ctx, "agreement.agreed", AGREEMENT, agreement.id, party=party.public_id,
        version=agreement.number, digest=queries.shown(agreement).digest,
        by=who.actor if who else "account",
    )  # fmt: skip
    return settle(ctx, agreement)


def settle(ctx: Context, agreement: Agreement) -> bool:
    """Freeze the text once all parties agree to it and each has somebody who signs; whether it is."""
    there = parties(agreement.id)
    if agreement.state != NEGOTIATION or any(
        party.confirmed != agreement.number for party in there
    ):
        return False
    if drafting.problems(ctx, agreement) or without_signatory(there):
        return False
    move(ctx, agreement, None, "freeze")
    return True


def without_signatory(there: Sequence[Party | Seat]) -> list[Party | Seat]:
    """Return the parties for which nobody can sign yet."""
    ids = [party.organisation_id for party in there if party.organisation_id]
    known = with_signatories(ids)
    return [
        party for party in there if party.organisation_id and party.organisation_id not in known
    ]


def reopen(ctx: Context, agreement: Agreement, who: Hand, reason: str) -> None:
    """Open a frozen text again; signatures are void. Raises what the step raises."""
    with db.transaction():
        now = queries.hold(agreement)
        policy.check(ctx, "negotiate", now, who)
        move(ctx, now, who, "reopen", reason)


def check_writes(who: Hand) -> None:
    """Refuse those who only read or sign for their party. Raises NotAllowed."""
    if not who.may_write:
        raise NotAllowed(_("Editors of your organisation do this."))
