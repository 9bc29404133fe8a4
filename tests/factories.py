"""Makes what tests need; each asks only for what matters to the test."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

from flask import Flask, current_app
from flask.testing import FlaskClient

from portal import db, settings
from portal.audit import AuditEntry
from portal.context import Context, system_context
from portal.organisations import rules
from portal.organisations.models import Organisation, OrganisationMember
from portal.people import service
from portal.people.models import Account
from portal.settings import Setting

PASSWORD = "clear water runs deep"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
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


# Organisations


def make_organisation(
    name: str = "", country: str = "DE", admin: Account | None = None, **more: Any
) -> Organisation:
    """Make an organisation in the open database; with an admin it is claimed."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "name": name or f"School {number}",
        "country": country,
        "public_id": f"organisation{number}",
        "slug": f"organisation-{number}",
        "created_at": NOON,
        "updated_at": NOON,
        "state": "claimed" if admin else "unclaimed",
        **more,
    }
    values.setdefault("folded_name", rules.folded(values["name"]))
    organisation: Organisation = Organisation.create(**values)
    if admin:
        make_member(organisation, admin)
    return organisation


def make_member(organisation: Organisation, account: Account, role: str = "OrgAdmin") -> None:
    """Let an account act for an organisation."""
    OrganisationMember.create(
        organisation=organisation.id, account=account.id, role=role, joined_at=NOON
    )


# Visits


def csrf_token(client: FlaskClient, page: str = "/account/sign-in") -> str:
    """Return the token that the forms of a page carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found, f"no form on {page}"
    return found[1]


def post(client: FlaskClient, path: str, page: str = "", **values: Any) -> Any:
    """Send a form with the token of a page that has one (the address itself by default)."""
    return client.post(path, data={"csrf_token": csrf_token(client, page or path), **values})


def fields_sent(answer: Any) -> dict[str, Any]:
    """Return what a browser sends of a page's main form, without text areas and selects."""
    form = re.search(r'<form class="form".*?</form>', answer.text, re.S)
    assert form
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]+>", form[0]):
        found = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if found.get("type") not in {"radio", "checkbox"} or " checked" in tag:
            sent.setdefault(found["name"], []).append(found.get("value", ""))
    return sent


def set_settings(scope: str, **values: Any) -> None:
    """Store settings of a plugin, or of the portal, as an administrator would."""
    with db.transaction():
        for key, value in values.items():
            Setting.delete().where(Setting.scope == scope, Setting.key == key).execute()
            Setting.insert(scope=scope, key=key, value=value).execute()
        db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")
    current_app.extensions.pop(settings.KEPT, None)


def audited(action: str = "") -> Any:
    """Return a query for the entries of the audit log, newest first; all or those of an act."""
    found: Any = AuditEntry.select().order_by(AuditEntry.id.desc())
    return found.where(AuditEntry.action == action) if action else found
