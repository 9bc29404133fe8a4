"""Organisations that look for each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.requests import service
from plugins.requests.models import PartnerRequest
from portal import workflow
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import clocked, make_account, sign_in
from tests.plugins.partners.conftest import store_partner

VALUES: dict[str, Any] = {
    "title": "Bakery placements in May",
    "text": "Six apprentices look for two weeks in a bakery.",
    "lang": "en",
    "role": "host",
    "fields": ["0721"],
    "occupations": [],
    "countries": ["ES", "IT"],
    "languages": ["es"],
    "modes": ["physical"],
    "inclusion": [],
    "starts_on": date(2027, 5, 3),
    "ends_on": date(2027, 5, 14),
    "places": 6,
    "youngest_age": 17,
    "closes_on": date(2027, 1, 15),
}


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=["requests", "drafts", "versions"])


@pytest.fixture
def asker(app: Flask) -> Account:
    """Somebody who looks after the asking organisation."""
    return make_account(app)


@pytest.fixture
def school(app: Flask, asker: Account) -> Organisation:
    """The organisation that asks."""
    return store_partner(app, "School of Bonn", admin=asker)


@pytest.fixture
def as_asker(app: Flask, school: Organisation, asker: Account) -> FlaskClient:
    return sign_in(app.test_client(), asker)


def make_request(
    app: Flask, organisation: Organisation, state: str = "published", **more: Any
) -> PartnerRequest:
    """Write a request of an organisation, and publish it unless it is to stay a draft."""
    with app.app_context():
        made = service.write(clocked(app), {**VALUES, **more}, organisation=organisation)
        if state == "published":
            workflow.move(clocked(app), made, "publish")
        found: PartnerRequest = PartnerRequest.get_by_id(made.id)
        return found
