"""Partners to search for, and a second worker over the same database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.partners import publishing
from plugins.partners.models import Commitment, Profile
from plugins.search import finding
from portal import db
from portal.organisations.models import Organisation, OrganisationName
from portal.organisations.service import announce
from portal.people.models import Account
from tests.factories import NOON, clocked, make_account, make_member, make_organisation, sign_in

MakePartner = Callable[..., Organisation]


def store_partner(
    app: Flask,
    name: str = "",
    country: str = "DE",
    admin: Account | None = None,
    names: Mapping[str, str] | None = None,
    promises: Mapping[str, str] | None = None,
    profile: Mapping[str, Any] | None = None,
    **organisation: Any,
) -> Organisation:
    """Store an organisation with its profile and put it into the search.

    `names` are other names with their kind, `promises` standards with their day.
    """
    with app.app_context(), db.transaction():
        made = make_organisation(name, country, admin, **organisation)
        if profile is not None:
            Profile.insert(organisation=made.id, updated_at=NOON, **profile).execute()
        for other, kind in (names or {}).items():
            OrganisationName.create(organisation=made.id, name=other, kind=kind)
        for standard, day in (promises or {}).items():
            Commitment.insert(organisation=made.id, standard=standard, subscribed_on=day).execute()
        announce(clocked(app), [made.id])
    return made


@pytest.fixture
def partner(app: Flask) -> MakePartner:
    """Make partners of the portal on SQLite; see `store_partner`."""
    return lambda *args, **more: store_partner(app, *args, **more)


@pytest.fixture
def editor(app: Flask) -> Account:
    """Somebody who looks after an organisation."""
    return make_account(app)


@pytest.fixture
def own(partner: MakePartner, editor: Account) -> Organisation:
    """The organisation of `editor`, claimed and without a profile."""
    return partner("School of Bonn", admin=editor)


@pytest.fixture
def as_editor(app: Flask, own: Organisation, editor: Account) -> FlaskClient:
    return sign_in(app.test_client(), editor)


@pytest.fixture
def member(app: Flask, own: Organisation) -> Callable[[str], FlaskClient]:
    """Sign in somebody with a role in `own`."""

    def make(role: str) -> FlaskClient:
        account = make_account(app)
        make_member(own, account, role)
        return sign_in(app.test_client(), account)

    return make


@pytest.fixture
def other_worker(
    app: Flask, make_portal: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], FlaskClient]:
    """Make a visitor of a second portal over the same database, with its own idea of the search.

    The worker has looked at the search before, so that it must learn of every later change.
    """
    second = make_portal()
    indexes: dict[str, Any] = {}

    def look(path: str) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(finding, "_indexes", indexes)
            return second.test_client().get(path)

    assert look("/partners").status_code == 200
    return look


def publish(app: Flask, organisation: Organisation, what: str = "profile") -> None:
    """Submit and publish a profile, or with "change" the working copy of its promises."""
    with app.app_context():
        obj, ctx = publishing.find(what, organisation.id), clocked(app)
        type(obj).update(agreed_at=NOON).where(type(obj).id == obj.id).execute()
        for step in ("submit", "publish"):
            publishing.take_step(ctx, publishing.find(what, organisation.id), step, "", None, True)


def found(client: FlaskClient, **parameters: Any) -> list[str]:
    """Search through the API and return the names in their order."""
    answer = client.get("/api/v1/partners", query_string=parameters)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json["items"]]
