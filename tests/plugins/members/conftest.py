"""A school with an administrator, an editor and a member, and what their visits need."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugins.members.models import Invitation
from portal.context import Actor, Context
from portal.mail import Outbox
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account
from tests.factories import csrf_token, make_account, make_member, make_organisation, sign_in

PLUGINS = ["members", "signin", "tasks", "notices", "setup", "trust"]


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what people meet around it."""
    return PLUGINS


def make_school(app: Flask) -> tuple[Organisation, dict[str, Account]]:
    """Make a claimed school with three people, and a stranger."""
    people = {
        name: make_account(app, name=f"The {name}", email=f"{name}@people.example")
        for name in ("admin", "editor", "member", "stranger")
    }
    school = make_organisation("School of Riga", "LV", domain="riga.example", admin=people["admin"])
    make_member(school, people["editor"], "OrgEditor")
    make_member(school, people["member"], "OrgMember")
    return school, people


def acting(ctx: Context, account: Account, *roles: str) -> Context:
    """Return the context of a signed-in person."""
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member", *roles})))


def browser(app: Flask, account: Account | None = None) -> FlaskClient:
    """Return a browser, signed in if an account is named."""
    client = app.test_client()
    return sign_in(client, account) if account else client


def role_of(organisation: Organisation, account: Account) -> str:
    """Return the role somebody has now, empty without one."""
    member = OrganisationMember
    here = (member.organisation == organisation.id, member.account == account.id)
    found = member.get_or_none(*here)
    return found.role if found else ""


def mailed(address: str) -> Outbox:
    """Return the last mail to an address."""
    found: Any = Outbox.select().where(Outbox.recipient == address).order_by(Outbox.id.desc())
    return found.get()


def link_to(address: str) -> str:
    """Return the path of the link in the last invitation mailed to an address."""
    found = re.search(r"/invitations/\S+", mailed(address).text)
    assert found
    return found[0]


def token_to(address: str) -> str:
    """Return what that link ends with."""
    return link_to(address).rpartition("/")[2]


def again(row: Invitation) -> Invitation:
    """Return an invitation as it is now."""
    found: Invitation = Invitation.get_by_id(row.id)
    return found


def take_back(client: FlaskClient, page: str) -> TestResponse:
    """Press the button Undo on the page that comes after a deed."""
    text = client.get(page).text
    act = re.search(r'name="act" value="([^"]+)"', text)
    assert act, text
    return client.post("/undo", data={"csrf_token": csrf_token(client, page), "act": act[1]})
