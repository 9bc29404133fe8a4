"""A portal with Site Setup and somebody who may use it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_account, sign_in
from tests.visiting import Visitor


@pytest.fixture
def app(make_portal, any_plugins):
    """A portal with the house's plugins that Site Setup works with."""
    return make_portal(plugins=any_plugins)


@pytest.fixture
def any_plugins() -> list[str]:
    """What takes part besides Site Setup."""
    return ["setup", "signin", "trust", "openapi", "claims", "tasks"]


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """A signed-in administrator; a second one keeps the first from being the last."""
    make_account(app, role="SiteAdmin", email="second@school.example")
    account = make_account(app, role="SiteAdmin", email="admin@school.example")
    return sign_in(app.test_client(), account)


@pytest.fixture
def look(admin: FlaskClient) -> Visitor:
    """Fetch pages as an administrator, each checked."""
    return Visitor(admin)
