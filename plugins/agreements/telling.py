"""Telling the parties: notices for members, mailed links for those without an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from plugins.agreements import queries
from plugins.agreements.models import FROZEN, IN_FORCE, NEGOTIATION, Agreement, Party
from plugins.agreements.workflow import AGREEMENT, parties, standing
from plugins.links import interface as links
from plugins.members.interface import signatories
from plugins.notices.interface import notify
from portal.context import Context
from portal.i18n import lazy_gettext as lazy

CHANGED, ASKED, ENDED, REMINDED = (
    "agreements.changed",
    "agreements.asked",
    "agreements.ended",
    "agreements.reminded",
)
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": ASKED, "title": lazy("An agreement waits for you")},
    {
        "kind": CHANGED,
        "title": lazy("Somebody changed or commented an agreement"),
        "default": "daily",
    },
    {"kind": ENDED, "title": lazy("An agreement came into force, or ended")},
    {"kind": REMINDED, "title": lazy("An agreement waits for long, or soon ends")},
)
LINK = "agreements.party"
LINK_LASTS = timedelta(days=60)


def tell(
    ctx: Context,
    agreement: Agreement,
    kind: str,
    words: tuple[Any, Any],
    mark: str,
    only: Iterable[Party] | None = None,
    but: Party | None = None,
) -> None:
    """Tell those who write for the parties; `words` are title and body, `mark` says of what.

    Of the same mark a person is told once; whoever did it is left out.
    """
    title, body = words
    for party in parties(agreement.id) if only is None else only:
        if party.organisation_id is None or (but is not None and party.id == but.id):
            continue
        for account in queries.editors(party.organisation_id):
            if account != ctx.actor.account_id:
                _notify(ctx, agreement, account, kind, (title, body), mark)


def _notify(
    ctx: Context,
    agreement: Agreement,
    account: int,
    kind: str,
    words: tuple[Any, Any],
    mark: str,
    page: str = "",
) -> None:
    address = f"/agreements/{agreement.public_id}{page}"
    notify(ctx, account, kind, *words, address, f"{AGREEMENT} {agreement.id} {mark}")


def ask_to_agree(ctx: Context, agreement: Agreement) -> None:
    """Ask the parties to read and agree: by notice, and by link those without an account."""
    tell(ctx, agreement, ASKED, sent_words(agreement), "sent", but=_owner(agreement))
    for party in parties(agreement.id):
        if party.organisation_id is None:
            send_link(ctx, agreement, party, party.email, party.name)


def sent_words(agreement: Agreement) -> tuple[Any, Any]:
    """Return with which words a party hears of an agreement."""
    named = {"name": agreement.organisation.name, "title": agreement.title}
    return (
        lazy("%(name)s sends you an agreement: %(title)s", **named),
        lazy("Read it, change or comment what you like, and agree to it. Then all sign."),
    )


def ask_to_sign(ctx: Context, agreement: Agreement, only: Sequence[Party] | None = None) -> None:
    """Ask whoever signs for the parties that have not signed yet."""
    signed = {row.party_id for row in standing(agreement.id)}
    words = (
        lazy("Ready to sign: %(title)s", title=agreement.title),
        lazy("All parties agree to the text. Look at it once more and sign it."),
    )
    mark = f"sign {agreement.frozen} {ctx.clock.now():%F %H}"
    all_of = parties(agreement.id) if only is None else only
    awaited = [party for party in all_of if party.id not in signed]
    for party in awaited[:1] if agreement.in_turn else awaited:
        if party.organisation_id is None:
            send_link(ctx, agreement, party, party.email, party.name)
            continue
        for signer in signatories(party.organisation):
            if signer.account_id is None:
                send_link(ctx, agreement, party, signer.email, signer.name)
            elif signer.account_id != ctx.actor.account_id:
                _notify(ctx, agreement, signer.account_id, ASKED, words, mark, "/sign")


def remind(ctx: Context, agreement: Agreement) -> None:
    """Ask those whom the others wait for once more."""
    awaited = {item.party.id for item in queries.waiting(agreement)}
    late = [party for party in parties(agreement.id) if party.id in awaited]
    if agreement.state in FROZEN:
        ask_to_sign(ctx, agreement, late)
        return
    words = (
        lazy("Others wait for you: %(title)s", title=agreement.title),
        lazy("Read the text and agree to it, or say what should be different."),
    )
    tell(ctx, agreement, REMINDED, words, f"nudge {ctx.clock.now():%F %H}", only=late)
    for party in late:
        if party.organisation_id is None:
            send_link(ctx, agreement, party, party.email, party.name)


def send_link(ctx: Context, agreement: Agreement, party: Party, email: str, name: str) -> None:
    """Mail somebody without an account the link with which they act for a party."""
    links.send(
        ctx,
        purpose=LINK,
        object_id=agreement.id,
        role=party.public_id,
        email=email,
        name=name,
        language=party.language or agreement.languages[0],
        until=ctx.clock.now() + LINK_LASTS,
    )


def letter(ctx: Context, link: Any) -> tuple[str, dict[str, Any]] | None:
    """Return kind and values of the mail with a link; None when it is not wanted any more."""
    agreement = Agreement.get_or_none(Agreement.id == link.object_id)
    if agreement is None or agreement.state not in (NEGOTIATION, *FROZEN, IN_FORCE):
        return None
    values = {
        "owner": agreement.organisation.name,
        "title": agreement.title,
        "name": link.name,
        "state": "frozen" if agreement.state in FROZEN else agreement.state,
        "is_fictional": bool(agreement.organisation.is_fictional),
    }
    return "agreements/link", values


def purpose() -> links.Purpose:
    """Return what links of agreements are for."""
    return links.Purpose(LINK, "agreements_link.show", letter)


def _owner(agreement: Agreement) -> Party | None:
    return next(
        (
            party
            for party in parties(agreement.id)
            if party.organisation_id == agreement.organisation_id
        ),
        None,
    )
