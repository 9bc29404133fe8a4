"""A portal with rules, somebody who may make them, and a worker."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.rules import rules, service
from plugins.rules.models import Rule
from plugins.rules.service import Typed
from portal import worker
from portal.context import Context
from tests.factories import make_account, sign_in
from tests.visiting import Visitor


class Apart(FlaskClient):
    """A browser whose requests know nothing of the test's own application context."""

    def open(self, *args: Any, **values: Any) -> Any:
        """Ask in a context of its own."""
        return contextvars.Context().run(super().open, *args, **values)


PLUGINS = [
    "signin", "setup", "trust", "claims", "tasks", "notices", "rules", "versions", "openapi",
]  # fmt: skip


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Iterator[Flask]:
    """A portal with what rules work with."""
    app = make_portal(plugins=PLUGINS)
    app.test_client_class = Apart
    with app.app_context():
        yield app


@pytest.fixture
def any_rules(make_portal: Callable[..., Flask], any_url: str) -> Iterator[Flask]:
    """The same, once on each engine."""
    app = make_portal(any_url, plugins=PLUGINS)
    with app.app_context():
        yield app


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """A signed-in administrator."""
    account = make_account(app, role="SiteAdmin", email="admin@school.example")
    return sign_in(app.test_client(), account)


@pytest.fixture
def look(admin: FlaskClient) -> Visitor:
    """Fetch pages as an administrator, each checked."""
    return Visitor(admin)


def mail(to: str = "OrgAdmin", **more: Any) -> dict[str, Any]:
    """Return what is typed of a mail."""
    return {"kind": "mail", "to": to, "subject": "About %(title)s", "text": "See %(url)s", **more}


def make_rule(ctx: Context, event: str = "member.added", *actions: Any, **more: Any) -> Rule:
    """Make a rule; with a mail to the administrators of the organisation unless told otherwise."""
    typed = {"title": "A rule", "mail_to": "", "matching": rules.ALL, **more}
    return service.create_rule(ctx, Typed(event=event, actions=actions or [mail()], **typed))


def work(app: Flask, ctx: Context) -> None:
    """Do everything that is due."""
    worker.Worker(app, threading.Event()).do_jobs(ctx)
