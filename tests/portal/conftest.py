"""Fixtures of objects: a portal with papers, and people around one of them."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import workflow
from portal.context import Actor, Context
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import make_account, make_member, make_organisation
from tests.portal.trial import make_papers, papers


class Apart(FlaskClient):
    """A visitor whose requests see nothing of the context in which the test stands."""

    def open(self, *values: Any, **named: Any) -> Any:
        """Send a request."""
        return contextvars.Context().run(super().open, *values, **named)


@dataclass
class Desk:
    """A portal with papers: makes them, and contexts of people."""

    app: Flask
    ctx: Context
    school: Organisation
    admin: Account

    def acting(self, account: Account) -> Context:
        """The context of a signed-in person."""
        roles = frozenset({"Member", account.role})
        return self.ctx.as_actor(Actor(account.id, account.name, roles))

    def person(self, role: str = "Member", member: str = "") -> Context:
        """The context of a new person, who may be a member of the school."""
        account = make_account(self.app, role=role)
        if member:
            make_member(self.school, account, member)
        return self.acting(account)

    def folder(self, **values: Any) -> Any:
        """A folder of the school."""
        made = papers(self.app).Folder.create(public_id="", organisation=self.school, **values)
        made.public_id = f"folder{made.id}"
        made.save()
        return made

    def sheet(self, state: str = "draft", **values: Any) -> Any:
        """A sheet of the school, taken to a state by the system."""
        values = {"organisation": self.school, **values}
        made = papers(self.app).Paper.create(public_id="", **values)
        made.public_id = f"sheet{made.id}"
        made.save()
        workflow.start(self.ctx, made)
        for step in {"pending": ["submit"], "published": ["submit", "publish"]}.get(state, []):
            workflow.move(self.ctx, made, step)
        return made


@pytest.fixture
def desk(
    plugin_folder: Path, make_portal: Callable[..., Flask], any_url: str, ctx: Context
) -> Iterator[Desk]:
    """A portal with papers and a school, once on each engine."""
    app = make_papers(plugin_folder, make_portal, any_url)
    app.test_client_class = Apart
    with app.app_context():
        admin = make_account(app)
        yield Desk(app, ctx, make_organisation("School of Bonn", admin=admin), admin)
