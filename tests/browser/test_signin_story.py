"""A passkey, as a person uses it: made, asked for at the next sign-in, and enough to come in."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.keyboard import Person
from tests.browser.stories import site_of, visited
from tests.factories import PASSWORD, make_account

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ADDRESS = "writer@school.example"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.mark.full
def test_a_passkey_is_made_and_signs_in(sqlite_url: str, tmp_path: Path, browser: Browser) -> None:
    site = site_of(tmp_path, sqlite_url, people, named=True)
    with visited(site, browser) as somebody, somebody() as person:
        the_visit(person)


def people(app: Flask) -> None:
    """Make somebody who signs in."""
    make_account(app, email=ADDRESS)


def the_visit(person: Person) -> None:
    device = person.context.new_cdp_session(person.page)
    device.send("WebAuthn.enable")
    number = device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    person.sign_in(ADDRESS, PASSWORD)
    person.open("/account/")
    person.go("Set one up")
    person.write("name", "My laptop")
    person.send("Add a passkey")
    person.sees("Your backup codes")
    person.go("I have kept them")
    person.sees("My laptop")
    made = device.send("WebAuthn.getCredentials", {"authenticatorId": number})
    assert len(made["credentials"]) == 1

    person.unfold("Menu")
    person.unfold("Account:")
    person.send("Sign out")
    person.sign_in(ADDRESS, PASSWORD)
    person.sees("Second step")
    person.send("Use a passkey")
    person.open("/account/second-steps")
    person.sees("last used on")
