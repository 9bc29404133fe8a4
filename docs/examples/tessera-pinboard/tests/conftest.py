"""A portal in which only the notice board is active, on a database that lives for one test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import db, migrate
from portal.app import create_app
from portal.config import Config
from portal.context import system_context
from portal.people.service import create_account

PASSWORD = "clear water runs deep"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A portal with the notice board, which must be installed or on the path."""
    app = create_app(Config(instance=str(tmp_path), testing=True))
    db.database.connect(reuse_if_open=True)
    migrate.run([migrate.CORE_NAMESPACE])
    registry = app.extensions["portal"].registry
    assert "pinboard" in registry.found, "Install it first: pip install -e ."
    registry.install(system_context(), "pinboard")
    registry.activate(system_context(), "pinboard")
    yield app
    db.database.close()


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Somebody without an account."""
    return app.test_client()


@pytest.fixture
def join(app: Flask) -> Callable[[str], FlaskClient]:
    """Let somebody join and sign in: `join("anna")`."""

    def make(name: str) -> FlaskClient:
        address = f"{name}@school.example"
        with app.app_context():
            create_account(
                system_context(), email=address, name=name, password=PASSWORD, verified=True
            )
        client = app.test_client()
        assert send(client, "/account/sign-in", email=address, password=PASSWORD).status_code == 303
        return client

    return make


def send(client: FlaskClient, path: str, page: str = "", **values: str) -> TestResponse:
    """Fill in the form of a page and send it."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page or path).text)
    return client.post(path, data={"csrf_token": found[1] if found else "", **values})


@pytest.fixture
def fill() -> Callable[..., TestResponse]:
    """Hand `send` to the tests."""
    return send
