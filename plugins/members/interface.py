"""What other plugins may use: who signs for an organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugins.members import queries
from plugins.members.accepting import CONFIRMED, ENDED
from plugins.members.invitations import invite_signatory
from plugins.members.queries import with_signatories
from portal.organisations.models import Organisation

__all__ = [
    "CONFIRMED", "ENDED", "Signatory", "invite_signatory", "signatories", "with_signatories",
]  # fmt: skip


@dataclass(frozen=True)
class Signatory:
    """A person who may sign for an organisation, as they confirmed themselves.

    `email` is where to send what is to be signed: show it to nobody but the organisation's
    administrators. `account_id` is None until the address has an account. Whoever got the role by
    an administrator's hand alone has no `public_id` and no `function`.
    """

    public_id: str
    name: str
    function: str
    email: str
    account_id: int | None
    confirmed_at: datetime


def signatories(organisation: Organisation) -> list[Signatory]:
    """Return who may sign for an organisation, those who confirmed first first; two statements.

    The events `signatory.confirmed` and `signatory.ended` say when it changes.
    """
    found = [
        Signatory(row.public_id, row.name, row.function, row.email, known, row.confirmed_at)
        for row, known in queries.signers(organisation.id)
    ]
    known_accounts = {item.account_id for item in found}
    found += [
        Signatory("", item.account.name, "", item.account.email, item.account.id, item.joined_at)
        for item in queries.members(organisation)
        if item.role == "OrgSignatory"
        and item.account.id not in known_accounts
        and item.account.disabled_at is None
    ]
    return found
