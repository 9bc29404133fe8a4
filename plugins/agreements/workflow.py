"""The way of an agreement, and who may do what with it: data that the core asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from peewee import SQL

from plugins.agreements.models import (
    CANCELLED,
    DRAFT,
    EXPIRED,
    FROZEN,
    IN_FORCE,
    NEGOTIATION,
    READY,
    SIGNING,
    SUPERSEDED,
    TERMINATED,
    Agreement,
    Party,
    Signature,
    Version,
)
from portal import db
from portal.context import SITE_ADMIN, Actor, Context
from portal.hookspecs import ObjectType, RoleSource, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

AGREEMENT = "agreements_agreement"
PARTY, EDITOR, OPENER = "agreements_party", "agreements_editor", "agreements_opener"
EDITORS = {"OrgEditor", "OrgAdmin"}
OPEN_FOR = timedelta(hours=1)
"""How long an administrator of the site sees an agreement after giving a reason."""
SIGNED = [item for item in Signature._meta.sorted_fields if item.name != "scan"]
"""What is read of signatures: a scan is asked for by itself."""


def standing(agreement_id: int) -> list[Signature]:
    """Return the signatures of an agreement that were not voided, without bytes of texts and scans."""
    found = Signature.select(*SIGNED, Version.id, Version.number, Version.material).join(Version)
    here = (Signature.agreement == agreement_id, Signature.voided_at.is_null())
    return list(found.where(*here).order_by(Signature.id))


def parties(agreement_id: int) -> list[Party]:
    """Return the parties of an agreement in their order, without those that left."""
    here = (Party.agreement == agreement_id, Party.removed_at.is_null())
    return list(Party.select().where(*here).order_by(Party.place, Party.id))


def _shared(_ctx: Context, agreement: Agreement) -> list[str]:
    if len(parties(agreement.id)) < 2:
        return [_("Name at least one other party first.")]
    return []


def _agreed(_ctx: Context, agreement: Agreement) -> list[str]:
    """All parties agreed to the very text that is the newest one."""
    if all(party.confirmed == agreement.number for party in parties(agreement.id)):
        return []
    return [_("Not every party has agreed to this text.")]


def _signed(_ctx: Context, agreement: Agreement) -> list[str]:
    """Every party has a standing signature, over a text that says the same as the frozen one."""
    frozen = Version.get_or_none(
        Version.agreement == agreement.id, Version.number == agreement.frozen
    )
    signed = {
        row.party_id
        for row in standing(agreement.id)
        if frozen is not None and row.version.material == frozen.material
    }
    if frozen is not None and signed >= {party.id for party in parties(agreement.id)}:
        return []
    return [_("Not every party has signed.")]


_OWN = {"view": {"OrgMember", OPENER}, "negotiate": EDITORS, "run": EDITORS}
_SEEN = {"view": {PARTY, OPENER}}
_TALK = _SEEN | {"negotiate": {EDITOR}, "run": EDITORS}
_SIGN = _TALK | {"sign": {PARTY}}
OPEN_STATES = (DRAFT, NEGOTIATION, READY, SIGNING)
_BY_DATE: dict[str, Any] = {"automatic": True}

FLOW = Workflow(
    AGREEMENT,
    lazy("Agreements"),
    DRAFT,
    (
        State(DRAFT, lazy("draft"), _OWN, tag="warn"),
        State(NEGOTIATION, lazy("being agreed"), _TALK, tag="act"),
        State(READY, lazy("ready to sign"), _SIGN, tag="act"),
        State(SIGNING, lazy("being signed"), _SIGN, tag="act"),
        State(
            IN_FORCE,
            lazy("in force"),
            _SEEN | {"negotiate": {EDITOR}, "close": {EDITOR}},
            final=True,
            tag="ok",
        ),
        State(SUPERSEDED, lazy("replaced"), _SEEN, final=True),
        State(EXPIRED, lazy("expired"), _SEEN | {"close": {EDITOR}}, final=True),
        State(TERMINATED, lazy("ended with notice"), _SEEN, final=True, tag="bad"),
        State(CANCELLED, lazy("cancelled"), _SEEN, final=True),
    ),
    (
        Transition(
            "share", lazy("Send to the parties"), {DRAFT}, NEGOTIATION, "run", guards=("shared",)
        ),
        Transition("freeze", lazy("Freeze"), {NEGOTIATION}, READY, "", guards=("agreed",)),
        Transition("begin", lazy("Begin to sign"), {READY}, SIGNING, ""),
        Transition(
            "complete", lazy("Come into force"), {SIGNING}, IN_FORCE, "", guards=("signed",)
        ),
        Transition(
            "reopen",
            lazy("Open the text again"),
            set(FROZEN),
            NEGOTIATION,
            "negotiate",
            comment_required=True,
        ),
        Transition(
            "decline",
            lazy("Decline to sign"),
            set(FROZEN),
            NEGOTIATION,
            "sign",
            comment_required=True,
        ),
        Transition(
            "cancel", lazy("Cancel"), set(OPEN_STATES), CANCELLED, "run", comment_required=True
        ),
        Transition("supersede", lazy("Be replaced"), {IN_FORCE}, SUPERSEDED, ""),
        Transition(
            "expire", lazy("Expire"), {IN_FORCE}, EXPIRED, "", due_field="expires_at", **_BY_DATE
        ),
        Transition(
            "terminate",
            lazy("End with notice"),
            {IN_FORCE},
            TERMINATED,
            "",
            due_field="terminates_at",
            **_BY_DATE,
        ),
    ),
    {"shared": _shared, "agreed": _agreed, "signed": _signed},
)

TYPE = ObjectType(
    AGREEMENT,
    lazy("Agreement"),
    Agreement,
    label=lambda row: str(row.title),
    url=lambda row: f"/agreements/{row.public_id}",
    workflow=AGREEMENT,
    owner_organisation="organisation",
    permissions={"history": {PARTY}},
)


_PARTIES = (
    "SELECT p.agreement_id FROM agreements_party p JOIN organisation_member m "
    "ON m.organisation_id = p.organisation_id WHERE m.account_id = ? AND p.removed_at IS NULL"
)
_OPENED = "SELECT agreement_id FROM agreements_opening WHERE account_id = ? AND opened_at > ?"


def ready_sql(sql: str, *params: Any) -> SQL:
    """Return a ready statement as a part of a query: peewee takes longer to write it than to ask."""
    return SQL(f"({sql.replace('?', db.database.param)})", params)


def role_sources(ctx: Context) -> Sequence[RoleSource]:
    """Say who belongs to a party, who writes for one, and which administrator gave a reason."""

    def of_roles(*names: str) -> Any:
        named = f" AND m.role IN ({', '.join(map(repr, names))})" if names else ""
        return lambda actor: ready_sql(_PARTIES + named, actor.account_id or 0)

    def opened(actor: Actor) -> Any:
        mine = (actor.account_id or 0) if SITE_ADMIN in actor.roles else 0
        return ready_sql(_OPENED, mine, db.utc_text(ctx.clock.now() - OPEN_FOR))

    return [
        RoleSource(PARTY, of_roles()),
        RoleSource(EDITOR, of_roles(*sorted(EDITORS))),
        RoleSource(OPENER, opened),
    ]
