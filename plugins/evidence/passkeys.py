"""Signing with a passkey: the signer's own key signs the version's hash and the statement.

The statement is made before the key is asked, and kept with the question for this browser alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugins.evidence import signatures
from plugins.evidence.commitments import Opened
from plugins.signin import interface as signin
from portal.context import Context
from portal.errors import NotAllowed
from portal.i18n import _
from portal.organisations.service import new_public_id


@dataclass(frozen=True)
class Prepared:
    """A statement that a passkey signed, with the evidence; `signer` is who it names."""

    statement: bytes
    signer: Opened
    evidence: dict[str, Any]

    @property
    def said(self) -> dict[str, Any]:
        """What the statement says."""
        return signatures.read(self.statement)


def is_possible(ctx: Context) -> bool:
    """Whether the actor has a passkey that could sign here."""
    account_id = ctx.actor.account_id
    return bool(account_id and signin.has_any(account_id) and signin.keys(account_id))


def is_of_another_kind(ctx: Context) -> bool:
    """Whether the actor has passkeys for signing in, none of which could sign a text."""
    account_id = ctx.actor.account_id
    return bool(account_id and signin.has_any(account_id) and not signin.keys(account_id))


def ask(
    ctx: Context,
    *,
    document: bytes,
    party: str,
    name: str,
    position: str,
    mandate: str,
    intent: str,
    at: datetime,
) -> str:
    """Ask a passkey of the actor to sign; returns what the browser is asked, as JSON.

    Raises NotAllowed for those without one.
    """
    account_id = ctx.actor.account_id
    if not account_id or not is_possible(ctx):
        raise NotAllowed(_("You have no passkey here. Sign with your password instead."))
    number = new_public_id()
    signer = signatures.signer(number, name, position)
    keys = " ".join(signatures.fingerprint(key) for key in signin.keys(account_id))
    made = signatures.statement(
        number=number,
        document=document,
        party=party,
        signer=signer,
        mandate=mandate,
        intent=intent,
        language=ctx.locale,
        signed_at=at,
        level=signatures.PASSKEY,
        proof={"keys": keys, "host": signin.host()},
    )
    challenge = signatures.challenge(made)
    note = {"statement": made.decode(), "signer": vars(signer)}
    return signin.ask_to_sign(ctx, account_id, challenge, **note)


def answered(ctx: Context, answer: str) -> Prepared:
    """Return what the actor's passkey signed. Raises Invalid, NotFound when it took too long."""
    made = signin.take_made(ctx, ctx.actor.account_id or 0, answer)
    signer = Opened(**made.note["signer"])
    evidence = {
        "key": made.key,
        "client_data": made.client_data,
        "authenticator_data": made.authenticator_data,
        "signature": made.signature,
    }
    return Prepared(str(made.note["statement"]).encode(), signer, evidence)
