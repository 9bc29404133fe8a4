"""An account with an app for codes, and ways to sign in with it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.signin import factors
from portal.clock import FixedClock
from portal.context import Context
from portal.people.models import Account
from tests.factories import PASSWORD, clocked, make_account, post

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def code(clock: FixedClock) -> Callable[..., str]:
    """Read the app: `code()`, or `code(30)` what it shows half a minute later."""
    return lambda later=0: pyotp.TOTP(SECRET).at(int(clock.now().timestamp()) + later)


@pytest.fixture
def guarded(app: Flask, code: Any, ctx: Context, clock: FixedClock) -> Account:
    """An account with an app; the code that set it up is used."""
    account = make_account(app, name="Ada Lovelace", email="ada@school.example")
    give_app(app, account, code(-30))
    return account


def give_app(app: Flask, account: Account, shown: str) -> list[str]:
    """Set up an app for an account; returns backup codes."""
    with app.test_request_context():
        ctx = clocked(app)
        factors.add_app(ctx, account.id, SECRET, shown, "Phone")
        return factors.renew_codes(ctx, account.id)


def begin(client: FlaskClient, account: Account, **more: str) -> Any:
    """Write address and password."""
    return post(client, "/account/sign-in", email=account.email, password=PASSWORD, **more)


def shown_codes(text: str) -> list[str]:
    """Return the backup codes on a page."""
    return re.findall(r"<li><code>(.+?)</code>", html.unescape(text))


def is_signed_in(client: FlaskClient) -> bool:
    """Whether a page of one's own opens."""
    return bool(client.get("/account/").status_code == 200)
