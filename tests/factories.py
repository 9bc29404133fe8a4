"""Makes what tests need; each asks only for what matters to the test."""

from __future__ import annotations

import itertools
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from portal.context import Context, system_context
from portal.people import service
from portal.people.models import Account

PASSWORD = "clear water runs deep"
_numbers = itertools.count(1)


# Accounts


def make_account(
    app: Flask,
    name: str = "",
    email: str = "",
    password: str = PASSWORD,
    role: str = "Member",
    verified: bool = True,
    **more: Any,
) -> Account:
    """Make an account; `more` sets further columns, such as `locale`."""
    number = next(_numbers)
    with app.app_context():
        account = service.create_account(
            clocked(app),
            email=email or f"person-{number}@school.example",
            name=name or f"Person {number}",
            password=password,
            role=role,
            verified=verified,
        )
        if more:
            Account.update(**more).where(Account.id == account.id).execute()
            account = Account.get_by_id(account.id)
    return account


def sign_in(client: FlaskClient, account: Account, password: str = PASSWORD) -> FlaskClient:
    """Sign a visitor in through the page, as people do."""
    answer = post(client, "/account/sign-in", email=account.email, password=password)
    assert answer.status_code == 303, answer.text
    return client


def clocked(app: Flask) -> Context:
    """Return a context that may do everything, with the clock of the app."""
    system = system_context()
    return Context(actor=system.actor, request_id="test", clock=app.extensions["portal"].clock)


# Visits


def csrf_token(client: FlaskClient, page: str = "/account/sign-in") -> str:
    """Return the token that the forms of a page carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found, f"no form on {page}"
    return found[1]


def post(client: FlaskClient, path: str, page: str = "", **values: Any) -> Any:
    """Send a form with the token of a page that has one (the address itself by default)."""
    return client.post(path, data={"csrf_token": csrf_token(client, page or path), **values})
