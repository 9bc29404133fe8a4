"""A portal with agreements that can be taken away and checked, three schools, visits afresh."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from tests.plugins.agreements.conftest import World


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on, whose address has a name."""
    plugins = ["verification", "drafts", "versions", "tasks"]
    return make_portal(plugins=plugins, base_url="http://localhost:8000")


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """Three schools."""
    with app.test_request_context():
        yield World(app)


@pytest.fixture(autouse=True)
def visit_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no visit see what the one before left in the context that `world` holds open."""
    genuine = FlaskClient.open

    def visit(client: FlaskClient, *more: Any, **named: Any) -> Any:
        for name in list(g) if g else ():
            g.pop(name)
        return genuine(client, *more, **named)

    monkeypatch.setattr(FlaskClient, "open", visit)
