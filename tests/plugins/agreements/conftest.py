"""Organisations that make agreements: two that write and sign here, and what they fill in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask

from plugins.agreements import drafting, negotiating, policy, queries, service, signing
from plugins.agreements.models import Agreement, Clause, Party, Signature
from plugins.agreements.workflow import parties
from portal.context import Actor, Context
from portal.mail import Outbox
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import clocked, make_account, make_member, make_organisation

UNIT = {"title": "Bread and rolls", "skills": "Bakes bread by hand."}
FILLED: dict[str, dict[str, Any]] = {
    "qualifications": {"units": [UNIT]},
    "recognition": {
        "recognise_what": "The unit counts in the second year.",
        "recognise_days": 60,
        "competent": "Own competence",
    },
}


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=["agreements", "drafts", "versions", "tasks"])


class World:
    """Schools with an administrator who writes and a head who signs, and agreements between them."""

    def __init__(self, app: Flask, count: int = 3) -> None:
        self.app = app
        self.writers = [make_account(app, f"Writer {at}") for at in range(count)]
        self.heads = [make_account(app, f"Head {at}") for at in range(count)]
        self.schools = [
            make_organisation(f"School {at}", admin=self.writers[at], slug=f"school-{at}")
            for at in range(count)
        ]
        for school, head in zip(self.schools, self.heads, strict=True):
            make_member(school, head, "OrgSignatory")

    def ctx(self, account: Account | None = None) -> Context:
        """Return a context of somebody, or of the portal."""
        ctx = clocked(self.app)
        if account is None:
            return ctx
        return ctx.as_actor(Actor(account.id, account.name, frozenset({account.role})))

    def begin(
        self, count: int = 2, kind: str = "mou", languages: Sequence[str] = ("en",)
    ) -> Agreement:
        """Begin an agreement between the first schools, with nothing left open."""
        others = [service.Asked("partner", school) for school in self.schools[1:count]]
        role = "lead" if kind == "consortium" else "partner"
        made = service.begin(
            self.ctx(self.writers[0]), self.schools[0], kind, "Baking together", role=role,
            others=others, languages=languages,
        )  # fmt: skip
        for key, values in FILLED.items():
            self.change(made, 0, key, **values)
        each = {party.public_id: "Training bakers" for party in parties(made.id)}
        self.change(made, 0, "organisations", competence=each)
        return self.now(made)

    def now(self, row: Agreement) -> Agreement:
        """Return an agreement as it is stored."""
        found: Agreement = Agreement.get_by_id(row.id)
        return found

    def hand(self, row: Agreement, at: int, signing: bool = False) -> policy.Hand:
        """Return the hand of a school: of its writer, or of its head."""
        account = self.heads[at] if signing else self.writers[at]
        return policy.hand(self.ctx(account), row, signing=signing)

    def change(self, row: Agreement, at: int, key: str, **values: Any) -> Clause:
        """Change fields of a clause for a school, on top of what stands there."""
        clause = queries.clause(row, key)
        ctx = self.ctx(self.writers[at])
        merged = {**drafting.opened(row, clause), **values}
        return negotiating.change(ctx, row, self.hand(row, at), key, merged, clause.version)

    def sent(self, count: int = 2, **more: Any) -> Agreement:
        """Return an agreement that its first school sent and agrees to."""
        row = self.begin(count, **more)
        negotiating.send(self.ctx(self.writers[0]), row)
        return self.now(row)

    def agree(self, row: Agreement, at: int) -> bool:
        """Let a school agree to the text as it is."""
        ctx = self.ctx(self.writers[at])
        return negotiating.agree(ctx, row, self.hand(row, at), self.digest(row))

    def frozen(self, count: int = 2, **more: Any) -> Agreement:
        """Return an agreement that is ready to sign."""
        row = self.sent(count, **more)
        for at in range(1, count):
            self.agree(row, at)
        return self.now(row)

    def digest(self, row: Agreement) -> str:
        """Return the hash of the text as it is."""
        return queries.shown(self.now(row)).digest

    def sign(self, row: Agreement, at: int, digest: str = "", **more: Any) -> Signature:
        """Let the head of a school sign."""
        ctx = self.ctx(self.heads[at])
        hand = policy.hand(ctx, row, signing=True)
        return signing.sign(ctx, row, hand, digest or self.digest(row), **more)

    def in_force(self, count: int = 2, **more: Any) -> Agreement:
        """Return an agreement that all signed."""
        row = self.frozen(count, **more)
        for at in range(count):
            self.sign(row, at)
        return self.now(row)


@pytest.fixture
def world(app: Flask) -> Any:
    """Three schools."""
    with app.test_request_context():
        yield World(app)


def party_of(row: Agreement, organisation: Organisation) -> Party:
    """Return the party that an organisation is."""
    return next(item for item in parties(row.id) if item.organisation_id == organisation.id)


def mailed_link(email: str) -> str:
    """Return the secret of the newest link that an address got."""
    text = Outbox.select().where(Outbox.recipient == email).order_by(Outbox.id.desc()).get().text
    found = re.search(r"/agreements/links/(\S+)", text)
    assert found, text
    return found[1]


def content(row: Agreement) -> dict[str, Any]:
    """Return what the text of an agreement says now."""
    return drafting.content_of(queries.shown(Agreement.get_by_id(row.id)))
