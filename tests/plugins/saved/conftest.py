"""People who keep searches, and organisations that are found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.saved import looking, queries, service
from plugins.saved.models import SavedSearch
from plugins.search.interface import index
from portal.context import MEMBER, Actor, Context
from portal.people.models import Account
from tests.factories import clocked, make_account, sign_in


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin, what it builds on, and who is asked by it."""
    return make_portal(plugins=["saved", "requests", "notices"])


@pytest.fixture
def person(app: Flask) -> Account:
    """Somebody who keeps searches."""
    return make_account(app)


@pytest.fixture
def as_person(app: Flask, person: Account) -> FlaskClient:
    return sign_in(app.test_client(), person)


def acting(app: Flask, account: Account) -> Context:
    """Return the context of a person."""
    return clocked(app).as_actor(Actor(account.id, account.name, frozenset({MEMBER})))


def keep(
    app: Flask, account: Account, state: str = "", rhythm: str = "at_once", kind: str = "partner"
) -> SavedSearch:
    """Keep a search of a person, named by what it looks for."""
    with app.app_context():
        ctx = acting(app, account)
        page = queries.pages(ctx)[kind]
        index(kind).catch_up()
        known, seq = looking.known_of(ctx, page, state)
        return service.keep(ctx, page, state, state or "all", rhythm, known, seq)


def look(app: Flask) -> None:
    """Do what the worker does each minute."""
    with app.app_context():
        looking.run(clocked(app))


def now(row: SavedSearch) -> Any:
    """Return a search as it is now."""
    return SavedSearch.get_by_id(row.id)


def found(row: SavedSearch) -> list[int]:
    """Return the hits of a search, in rising order."""
    return sorted(number for number, _at in json.loads(json.dumps(now(row).hits)))
