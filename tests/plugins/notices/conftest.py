"""A portal with notices, and what people and the worker do there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from plugins.notices import service
from portal.context import Actor, Context
from portal.people.models import Account
from tests.portal.conftest import Apart

PLUGINS = ["signin", "setup", "trust", "claims", "tasks", "notices"]
KIND = "claims.decided"


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Iterator[Flask]:
    """A portal with notices and two plugins that tell something."""
    app = make_portal(plugins=PLUGINS, base_url="https://portal.example")
    app.test_client_class = Apart
    with app.app_context():
        yield app


@pytest.fixture
def any_notices(make_portal: Callable[..., Flask], any_url: str) -> Iterator[Flask]:
    """The same, once on each engine."""
    app = make_portal(any_url, plugins=PLUGINS, base_url="https://portal.example")
    app.test_client_class = Apart
    with app.app_context():
        yield app


def acting(ctx: Context, person: Account) -> Context:
    """Return the context of a signed-in person."""
    return ctx.as_actor(Actor(person.id, person.name, frozenset({"Member", person.role})))


def choose(ctx: Context, person: Account, how: str, kind: str = KIND) -> None:
    """Let a person choose how to be told."""
    service.choose(acting(ctx, person), {kind: how})
