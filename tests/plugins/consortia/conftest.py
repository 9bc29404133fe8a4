"""Organisations that work together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from plugins.consortia import inviting, service
from plugins.consortia.models import Consortium, Membership
from portal import workflow
from portal.context import Actor, Context
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import make_account, make_organisation

VALUES: dict[str, Any] = {
    "name": "Metal without borders",
    "purpose": "We send and host for each other.",
    "lang": "en",
    "kind": "network",
    "fields": ["0715"],
    "languages": ["en"],
    "starts_on": date(2026, 9, 1),
    "ends_on": date(2028, 8, 31),
    "grant_number": "",
    "website": "",
}


def acting(ctx: Context, account: Account) -> Context:
    """Return the same context for a person."""
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))


class Side:
    """An organisation with somebody who looks after it, and what they do."""

    def __init__(self, app: Flask, ctx: Context, name: str, country: str = "DE") -> None:
        self.account = make_account(app)
        self.organisation: Organisation = make_organisation(name, country, admin=self.account)
        self.ctx = acting(ctx, self.account)

    @property
    def id(self) -> int:
        """The number of the organisation."""
        return int(self.organisation.id)


@pytest.fixture
def portal(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with its app context open, once on each engine."""
    app = make_portal(any_url, plugins=["consortia", "projects", "tasks"])
    with app.test_request_context():
        yield app


@pytest.fixture
def one(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with its app context open, on SQLite."""
    app = make_portal(plugins=["consortia", "projects", "tasks", "drafts"])
    with app.app_context():
        yield app


def found(side: Side, **more: Any) -> Consortium:
    """Found a consortium that a side leads."""
    return service.found(side.ctx, {**VALUES, **more}, side.organisation)


def part(row: Consortium, side: Side) -> Membership:
    """Return the membership of a side."""
    kept: Membership = Membership.get(
        Membership.consortium == row.id, Membership.organisation == side.id
    )
    return kept


def join(row: Consortium, lead: Side, *sides: Side) -> None:
    """Invite sides, which accept."""
    for side in sides:
        inviting.invite(lead.ctx, Consortium.get_by_id(row.id), side.organisation)
        workflow.move(side.ctx, part(row, side), "accept")
