"""Organisations that send people to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.mobilities import queries, service
from plugins.mobilities.models import Mobility, PlacementRow
from portal import workflow
from portal.context import Actor, Context
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import clocked, make_account, make_organisation, post, sign_in
from tests.visiting import Visitor

DAY = timedelta(days=1)
TODAY = date(2026, 11, 20)
PERSON: dict[str, Any] = {"name": "Learner 1", "email": "learner-1@school.example"}
VALUES: dict[str, Any] = {
    "title": "Toolmaking in spring",
    "kind": "individual",
    "mode": "physical",
    "field": "0715",
    "occupation": "Toolmaker",
    "phone": "",
    "starts_on": TODAY + 30 * DAY,
    "ends_on": TODAY + 51 * DAY,
}


@dataclass
class Pair:
    """A school that sends, a host and a supporting organisation, each with somebody who writes."""

    app: Flask
    sender: Account
    school: Organisation
    receiver: Account
    host: Organisation
    helper: Account
    support: Organisation

    def plan(self, **more: Any) -> Mobility:
        """Plan a mobility, as the school."""
        values = {**VALUES, "contact_id": self.sender.id, "participants": [PERSON], **more}
        ctx = acting(clocked(self.app), self.sender)
        sides = {"sending": self.school, "host": self.host, "supporting": self.support}
        return service.plan(ctx, values, **sides)

    def agreed(self, **more: Any) -> Mobility:
        """Plan a mobility to which the host has agreed."""
        made = self.plan(**more)
        workflow.move(acting(clocked(self.app), self.receiver), made, "agree")
        now: Mobility = Mobility.get_by_id(made.id)
        return now


def acting(ctx: Context, account: Account) -> Context:
    """Return the context of somebody."""
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))


def stay_of(mobility: Mobility) -> PlacementRow:
    """Return the first placement of a mobility, as it is."""
    return queries.placements([mobility.id])[mobility.id][0]


def make_pair(app: Flask, **more: Any) -> Pair:
    """Make three organisations with their people, inside an app context."""
    sender, receiver, helper = (make_account(app) for _at in range(3))
    return Pair(
        app,
        sender,
        make_organisation("School of Bonn", admin=sender, **more),
        receiver,
        make_organisation("Werkstatt of Riga", "LV", admin=receiver, **more),
        helper,
        make_organisation("Support of Palma", "ES", admin=helper, **more),
    )


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=["mobilities", "drafts", "versions"])


@pytest.fixture
def pair(app: Flask) -> Iterator[Pair]:
    """Three organisations, with the app's context open."""
    with app.app_context():
        yield make_pair(app)


@pytest.fixture
def pair_anywhere(make_portal: Callable[..., Flask], any_url: str) -> Iterator[Pair]:
    """Three organisations, once on each engine."""
    app = make_portal(any_url, plugins=["mobilities"])
    with app.app_context():
        yield make_pair(app)


class Browser:
    """A browser of somebody; each visit has a context of its own, as on a server."""

    def __init__(self, app: Flask, account: Account | None = None) -> None:
        self.app, self.client = app, app.test_client()
        if account is not None:
            with app.app_context():
                sign_in(self.client, account)

    def get(self, path: str, **more: Any) -> Any:
        """Fetch a page."""
        with self.app.app_context():
            return self.client.get(path, **more)

    def see(self, path: str) -> Any:
        """Fetch a page and look at it as a careful visitor would."""
        with self.app.app_context():
            return Visitor(self.client)(path)

    def post(self, path: str, page: str = "", **values: Any) -> Any:
        """Send a form with the token of a page that has one (the address itself by default)."""
        with self.app.app_context():
            return post(self.client, path, page, **values)
