"""Verified organisations that came a while ago or just now, and their people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from plugins.cooperation import documents, service
from plugins.cooperation.models import Document, Record
from portal import workflow
from portal.context import Actor, Context
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import clocked, make_account
from tests.plugins.partners.conftest import store_partner
from tests.plugins.ratings.world import Apart

PDF = b"%PDF-1.4\n% a certificate of Anna Canary\n"
STAY = {
    "project": "2025-1-DE02-KA121-VET-000012345",
    "first_month": "2026-03",
    "last_month": "2026-04",
    "participants": 4,
    "we_sent": True,
}


@dataclass
class World:
    """A portal with its context open."""

    app: Flask
    people: dict[str, Account] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)

    @property
    def ctx(self) -> Context:
        """A context in which nobody restricts what is done."""
        return clocked(self.app)

    def acting(self, name: str) -> Context:
        """Return the context of an organisation's person, or of a reviewer."""
        if name not in self.people:
            self.people[name] = make_account(self.app, role=name)
        account = self.people[name]
        roles = frozenset({"Member", account.role})
        return self.ctx.as_actor(Actor(account.id, account.name, roles))

    def organisation(self, name: str, **more: Any) -> Organisation:
        """Make a verified organisation with an administrator, once."""
        if name not in self.organisations:
            self.people[name] = make_account(self.app)
            values = {"slug": name.lower(), "state": "verified"} | more
            self.organisations[name] = store_partner(
                self.app, name, admin=self.people[name], **values
            )
        return self.organisations[name]

    def proposed(self, one: str = "School", other: str = "Bakery", **more: Any) -> Record:
        """Let one organisation propose past cooperation to another."""
        sides = self.organisation(one), self.organisation(other)
        return service.propose(self.acting(one), *sides, STAY | more)

    def confirmed(self, one: str = "School", other: str = "Bakery", **more: Any) -> Record:
        """Let both say it."""
        row = self.proposed(one, other, **more)
        workflow.move(self.acting(other), row, "confirm")
        return Record.get_by_id(row.id)  # type: ignore[no-any-return]

    def handed_in(self, row: Record, name: str = "School", day: Any = None) -> Document:
        """Let a side hand in a document."""
        dated = day or self.ctx.clock.now().date().replace(month=5, day=2)
        own = self.organisation(name)
        return documents.hand_in(self.acting(name), row, own, "certificate", dated, PDF)


@pytest.fixture
def world(make_portal: Callable[..., Flask]) -> Iterator[World]:
    """A portal on SQLite with ratings."""
    yield from _world(make_portal(plugins=["cooperation", "ratings"]))


@pytest.fixture
def any_world(make_portal: Callable[..., Flask], any_url: str) -> Iterator[World]:
    """The same, once on each engine."""
    yield from _world(make_portal(any_url, plugins=["cooperation", "ratings"]))


def _world(app: Flask) -> Iterator[World]:
    app.test_client_class = Apart
    with app.app_context():
        yield World(app)
