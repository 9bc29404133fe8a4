"""Who acts for which party, and who may sign for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugins.agreements.models import FROZEN, IN_FORCE, NEGOTIATION, Agreement, Party
from plugins.agreements.workflow import EDITOR, EDITORS, PARTY, parties
from plugins.members.interface import Signatory, signatories
from portal import db, kept, objects, permissions
from portal.context import Context
from portal.errors import Conflict, NotAllowed, NotFound
from portal.i18n import _
from portal.organisations.models import Organisation


@dataclass(frozen=True)
class Hand:
    """Somebody who acts for a party: a member of its organisation, or the holder of a mailed link.

    `may_write` is to change, comment and agree; `signer` is set for those who may sign; `role` is
    the one in the organisation.
    """

    party: Party
    may_write: bool
    signer: Signatory | None = None
    by_link: bool = False
    email: str = ""
    role: str = ""

    @property
    def actor(self) -> str:
        """What the audit log calls whoever holds it."""
        return "link" if self.by_link else "account"


_MINE = (
    f"SELECT {', '.join(f'p.{item.column_name}' for item in Party._meta.sorted_fields)}, m.role "
    "FROM agreements_party p JOIN organisation_member m "
    "ON m.organisation_id = p.organisation_id WHERE p.agreement_id = ? AND m.account_id = ? "
    "AND p.removed_at IS NULL ORDER BY p.place, p.id"
)


def hands(ctx: Context, agreement: Agreement, signing: bool = True) -> list[Hand]:
    """Return for which parties of an agreement the actor acts, in the order of the parties.

    Without `signing` nobody is asked who signs, and `signer` is empty.
    """
    if not ctx.actor.signed_in:
        return []
    only = ctx.actor.organisation_id
    rows = db.query(_MINE, (agreement.id, ctx.actor.account_id))
    mine = [(kept.row_of(Party, values), values[-1]) for values in rows]
    return [
        Hand(
            party,
            role in EDITORS,
            _signer(ctx, party.organisation) if signing else None,
            role=role,
        )
        for party, role in mine
        if only in (None, party.organisation_id)
    ]


def offered(agreement: Agreement, mine: Sequence[Hand]) -> set[str]:
    """Return what a page offers to whoever has these hands: what their roles allow as it is now.

    It spares the page a question; whoever carries something out asks `portal.permissions`.
    """
    held: set[str] = set()
    for item in mine:
        held |= {PARTY, EDITOR} if item.may_write else {PARTY}
        if item.party.organisation_id == agreement.organisation_id:
            held |= {"OrgMember", item.role}
    kind = objects.type_of(agreement)
    flow = objects.workflow_of(kind)
    states = flow.states if flow else ()
    maps = [
        kind.permissions,
        *(item.permissions for item in states if item.name == agreement.state),
    ]
    return {name for allowed in maps for name, roles in allowed.items() if held.intersection(roles)}


def _signer(ctx: Context, organisation: Organisation) -> Signatory | None:
    me = ctx.actor.account_id
    return next((item for item in signatories(organisation) if item.account_id == me), None)


def hand(ctx: Context, agreement: Agreement, number: str = "", signing: bool = False) -> Hand:
    """Return how the actor acts: for the party named, else the first that fits.

    Raises NotFound for those who act for none.
    """
    found = hands(ctx, agreement)
    named = [item for item in found if item.party.public_id == number] if number else found
    fitting = [item for item in named if (item.signer if signing else item.may_write)]
    if not named:
        raise NotFound
    return (fitting or named)[0]


def held(agreement: Agreement, number: str, email: str, name: str) -> Hand:
    """Return how the holder of a mailed link acts. Raises NotFound when the party has left.

    Without an organisation here the link is for all the party does; else it is for signing alone,
    as long as the address is that of somebody who signs for the organisation.
    """
    party = next((item for item in parties(agreement.id) if item.public_id == number), None)
    if party is None:
        raise NotFound
    if party.organisation_id is None:
        me = Signatory("", name or party.name, "", email, None, agreement.created_at)
        return Hand(party, True, me, True, email)
    known = [item for item in signatories(party.organisation) if item.email == email]
    return Hand(party, False, known[0] if known else None, True, email)


def check(ctx: Context, permission: str, agreement: Agreement, who: Hand) -> None:
    """Refuse those who may not do this for their party in this state.

    Raises NotFound, NotAllowed, Conflict for a holder of a link who comes too late.
    """
    if not who.by_link:
        permissions.check(ctx, permission, agreement)
        if permission == "negotiate" and not who.may_write:
            raise NotAllowed(_("Editors of your organisation do this."))
        return
    if permission == "negotiate" and not who.may_write:
        raise NotAllowed(_("This link is for signing alone."))
    open_in = {"negotiate": (NEGOTIATION, *FROZEN, IN_FORCE), "sign": FROZEN}
    if agreement.state not in open_in.get(permission, ()):
        raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
