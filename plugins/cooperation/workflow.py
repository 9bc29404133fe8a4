"""The ways of past cooperation, documents and words: states, steps, who takes them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import peewee

from plugins.cooperation import entering
from plugins.cooperation.models import (
    CONFIRMED,
    DECLINED,
    PROPOSED,
    REFUSED,
    SEEN,
    SHOWN,
    STRUCK,
    WAITING,
    WITHDRAWN,
    Document,
    Record,
    Reference,
    Text,
)
from plugins.cooperation.rules import DECIDED_WITHIN
from portal import permissions
from portal.context import REVIEWER, Actor, Context
from portal.hookspecs import ObjectType, RoleSource, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import MEMBER_ROLES, OrganisationMember

RECORD, DOCUMENT, TEXT, REFERENCE = (
    "cooperation_record", "cooperation_document", "cooperation_text", "cooperation_reference"
)  # fmt: skip
PARTNER, ANSWERER = "cooperation_partner", "cooperation_answerer"
EDITORS = frozenset({"OrgEditor", "OrgAdmin"})
_SAID: dict[str, Any] = {"comment_required": True}
_DECIDED: dict[str, Any] = {"four_eyes": True, "review": True, "promised_days": DECIDED_WITHIN}


def _no_stay(_ctx: Context, obj: Record) -> list[str]:
    """What was rated can't be taken back; a reviewer may strike it."""
    if obj.placement is None:
        return []
    return [_("A reviewer saw a document of this stay, and it may be rated. Write to a reviewer.")]


_BOTH: dict[str, Collection[str]] = {
    "view": {"OrgMember", PARTNER},
    "history": {"OrgMember", PARTNER},
}
_SEEN_BY_ALL: dict[str, Collection[str]] = {
    "view": {"OrgMember", PARTNER, REVIEWER},
    "history": {"OrgMember", PARTNER, REVIEWER},
}
_PROPOSE: dict[str, Collection[str]] = {"propose": EDITORS, "edit": EDITORS | {ANSWERER}}
RECORD_FLOW = Workflow(
    RECORD,
    lazy("Past cooperation"),
    PROPOSED,
    (
        State(PROPOSED, lazy("waits for the partner"), _BOTH | _PROPOSE | {"answer": {ANSWERER}},
              tag="warn"),
        State(CONFIRMED, lazy("confirmed by both"),
              _SEEN_BY_ALL | _PROPOSE | {"undo": EDITORS | {ANSWERER}, "review": {REVIEWER}},
              final=True, tag="ok"),
        State(DECLINED, lazy("declined"), _BOTH | _PROPOSE, final=True, tag="bad"),
        State(WITHDRAWN, lazy("withdrawn"), _BOTH | _PROPOSE, final=True),
        State(STRUCK, lazy("struck by a reviewer"), _SEEN_BY_ALL, final=True, tag="bad"),
    ),
    (
        Transition("confirm", lazy("Confirm: this is true"), {PROPOSED}, CONFIRMED, "answer",
                   four_eyes=True, guards=("fits",)),
        Transition("decline", lazy("Decline"), {PROPOSED}, DECLINED, "answer", **_SAID),
        Transition("withdraw", lazy("Withdraw the proposal"), {PROPOSED}, WITHDRAWN, "propose"),
        Transition("take_back", lazy("Take it back"), {CONFIRMED}, WITHDRAWN, "undo",
                   guards=("no_stay",), **_SAID),
        Transition("propose", lazy("Propose again"), {PROPOSED, CONFIRMED, DECLINED, WITHDRAWN},
                   PROPOSED, "", guards=("no_stay", "tries")),
        Transition("strike", lazy("Strike it: it is not true"), {CONFIRMED}, STRUCK, "review",
                   four_eyes=True, **_SAID),
    ),
    {"fits": entering.problems, "no_stay": _no_stay, "tries": entering.tries},
)  # fmt: skip

_REVIEW: dict[str, Collection[str]] = {"review": {REVIEWER}}
_OWN: dict[str, Collection[str]] = {
    "view": {"OrgMember", REVIEWER},
    "history": {"OrgMember", REVIEWER},
}
DOCUMENT_FLOW = Workflow(
    DOCUMENT,
    lazy("Documents of past stays"),
    WAITING,
    (
        State(WAITING, lazy("waits for a reviewer"), _OWN | _REVIEW | {"propose": EDITORS}, tag="warn"),
        State(SEEN, lazy("seen by a reviewer"), _OWN, final=True, tag="ok"),
        State(REFUSED, lazy("not accepted"), _OWN, final=True, tag="bad"),
        State(WITHDRAWN, lazy("withdrawn"), _OWN, final=True),
    ),
    (
        Transition("accept", lazy("It shows this stay"), {WAITING}, SEEN, "review",
                   guards=("still",), **_DECIDED),
        Transition("refuse", lazy("It does not show this stay"), {WAITING}, REFUSED, "review",
                   **_SAID, **_DECIDED),
        Transition("withdraw", lazy("Take the document back"), {WAITING}, WITHDRAWN, "propose"),
    ),
    {"still": entering.still_rated},
)  # fmt: skip

TEXT_FLOW = Workflow(
    TEXT,
    lazy("References and answers to them"),
    WAITING,
    (
        State(WAITING, lazy("waits for a reviewer"), _REVIEW, tag="warn"),
        State(SHOWN, lazy("shown"), _REVIEW, final=True, tag="ok"),
        State(REFUSED, lazy("not shown"), _REVIEW, final=True, tag="bad"),
        State(WITHDRAWN, lazy("taken back by its author"), {}, final=True),
    ),
    (
        Transition("show", lazy("Show it to everybody"), {WAITING}, SHOWN, "review", **_DECIDED),
        Transition("refuse", lazy("Do not show it"), {WAITING}, REFUSED, "review",
                   **_SAID, **_DECIDED),
        Transition("hide", lazy("Show it no more"), {SHOWN}, REFUSED, "review",
                   four_eyes=True, **_SAID),
        Transition("withdraw", lazy("Taken back by its author"), {WAITING, SHOWN}, WITHDRAWN, ""),
    ),
)  # fmt: skip

TYPES = (
    ObjectType(
        RECORD,
        lazy("Past cooperation"),
        Record,
        label=lambda row: str(row.project),
        url=lambda row: f"/cooperation/{row.public_id}",
        workflow=RECORD,
        owner_organisation="proposer",
        author="account",
    ),
    ObjectType(
        DOCUMENT,
        lazy("Document of a past stay"),
        Document,
        label=lambda row: str(row.record.project),
        url=lambda row: f"/cooperation/documents/{row.public_id}",
        workflow=DOCUMENT,
        owner_organisation="organisation",
        author="account",
    ),
    ObjectType(
        TEXT,
        lazy("Reference"),
        Text,
        label=lambda row: str(row.reference.organisation.name),
        url=lambda row: f"/cooperation/words/{row.public_id}",
        workflow=TEXT,
        owner_organisation="organisation",
        author="account",
        permissions={"view": {REVIEWER}, "history": {REVIEWER}},
    ),
)


def sources(kind: str) -> list[RoleSource]:
    """Let the people of the partner see past cooperation, and its editors answer."""
    if kind != RECORD:
        return []
    return [RoleSource(PARTNER, _of(MEMBER_ROLES)), RoleSource(ANSWERER, _of(EDITORS))]


def _of(roles: Collection[str]) -> Callable[[Actor], Any]:
    def ids(actor: Actor) -> Any:
        of: Any = Record
        own = permissions.memberships(actor.account_id or 0)
        return of.select(of.id).where(
            of.partner.in_(own.where(OrganisationMember.role.in_(sorted(roles))))
        )

    return ids


def linked(ctx: Context, object_type: str, ids: peewee.Select) -> peewee.Select | None:
    """Return those objects with whose sides the actor has to do, and may not decide about."""
    if not ctx.actor.signed_in:
        return None
    own = permissions.memberships(ctx.actor.account_id or 0)
    of: Any = Record
    mine = of.proposer.in_(own) | of.partner.in_(own)
    if object_type == RECORD:
        return of.select(of.id).where(of.id.in_(ids), mine)  # type: ignore[no-any-return]
    if object_type == DOCUMENT:
        document: Any = Document
        about = of.select(of.id).where(mine)
        found: peewee.Select = document.select(document.id).where(
            document.id.in_(ids), document.record.in_(about)
        )
        return found
    if object_type == TEXT:
        text: Any = Text
        to: Any = Reference
        near = to.select(to.id).where(to.organisation.in_(own) | to.giver.in_(own))
        words: peewee.Select = text.select(text.id).where(
            text.id.in_(ids), text.reference.in_(near)
        )
        return words
    return None
