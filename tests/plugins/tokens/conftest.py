"""A portal, a person with two organisations, and their programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.tokens import service
from portal.context import Actor, Context
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import clocked, make_account, make_organisation

Program = Callable[..., Any]
MakeToken = Callable[..., str]


@pytest.fixture
def app(any_app: Flask) -> Flask:
    """A portal with every plugin, once on each engine."""
    return any_app


@pytest.fixture
def account(app: Flask) -> Account:
    return make_account(app, name="Ada Lovelace", email="ada@school.example")


@pytest.fixture
def school(account: Account) -> Organisation:
    return make_organisation("School of Boats", admin=account, folded_name="school of boats")


@pytest.fixture
def other_school(account: Account) -> Organisation:
    return make_organisation("School of Sails", admin=account, folded_name="school of sails")


@pytest.fixture
def owner(app: Flask, account: Account) -> Context:
    return clocked(app).as_actor(Actor(account.id, account.name, frozenset({"Member"})))


@pytest.fixture
def make_token(app: Flask, owner: Context) -> MakeToken:
    """Make tokens of the person: `make_token("write", days=7)`."""

    def make(scope: str = "read", name: str = "", **more: Any) -> str:
        with app.app_context():
            made = service.make_token(owner, name=name or f"to {scope}", scope=scope, **more)
        return made[1]

    return make


@pytest.fixture
def ask(app: Flask) -> Program:
    """Ask as a program without cookies: `ask(token, "/api/v1/me")`."""

    def asked(token: str, path: str, method: str = "GET", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        client: FlaskClient = more.pop("client", None) or app.test_client()
        return client.open(path, method=method, headers=headers, **more)

    return asked
