"""A passkey, as a person uses it: made, asked for at the next sign-in, and enough to come in."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.keyboard import Person
from tests.factories import PASSWORD
from tests.reliability.storm import ADDRESS, Portal

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

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
    wrong: dict[str, list[str]] = {}
    site = Portal(tmp_path / "instance", sqlite_url, processes=1)
    site.folder.mkdir()
    home = site.environment["PORTAL_BASE_URL"] = (
        f"http://localhost:{site.port}"  # a passkey asks for a name
    )
    site.environment["PORTAL_TRUSTED_HOSTS"] = (
        "127.0.0.1"  # by which it is asked whether it is ready
    )
    site.fill(None)
    try:
        site.start()
        with Person(browser, home, wrong) as person:
            the_visit(person)
    finally:
        site.stop()
    assert wrong == {}


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
