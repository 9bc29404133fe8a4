"""An agreement from a template into force: by keyboard, on a narrow screen, by four people and a link."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.keyboard import Person, mailed_link
from tests.browser.stories import Somebody, site_of, visited
from tests.browser.test_signin_story import DEVICE
from tests.factories import PASSWORD, make_account, make_member
from tests.plugins.partners.conftest import store_partner
from tests.reliability.storm import Portal

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TITLE, OURS, THEIRS, FIRM = "Sharing data", "School of Riga", "School of Bonn", "Bakery Ltd"
WRITER, HEAD = "writer@riga.example", "head@riga.example"
OTHER, OTHER_HEAD = "writer@bonn.example", "head@bonn.example"
BAKER = "baker@bakery.example"
FILLED = {
    "purpose": {"what_for": "Placements of apprentices"},
    "data": {"people": "Apprentices", "kinds": "Names and dates"},
    "security": {"how": "In a locked system"},
    "retention": {"months": "6"},
    "incidents": {"hours": "24"},
}


@pytest.fixture
def site(any_url: str, tmp_path: Path) -> Portal:
    """A portal with two schools, each with somebody who writes and somebody who signs."""
    return site_of(tmp_path, any_url, people, named=True)


def people(app: Flask) -> None:
    """Make the schools, their writers and their heads."""
    for name, writer, head in ((OURS, WRITER, HEAD), (THEIRS, OTHER, OTHER_HEAD)):
        own = make_account(app, email=writer, name=f"Writer of {name}")
        signs = make_account(app, email=head, name=f"Head of {name}")
        school = store_partner(app, name, admin=own, profile={"roles": ["host"]})
        with app.app_context():
            make_member(school, signs, "OrgSignatory")


@pytest.mark.full
@pytest.mark.timeout(1_200)  # some sixty pages, each looked at
def test_an_agreement_is_negotiated_and_signed_by_keyboard_on_a_narrow_screen(
    site: Portal, browser: Browser
) -> None:
    with visited(site, browser) as somebody:
        the_way(site, somebody)


def the_way(site: Portal, somebody: Somebody) -> None:
    """Let everybody do their part, one after another."""
    with somebody() as writer, somebody() as other, somebody() as baker, somebody() as head:
        writer.sign_in(WRITER, PASSWORD)
        address = begin(writer)
        fill(writer)
        writer.send("Send to the parties")
        other.sign_in(OTHER, PASSWORD)
        negotiate(other, address)
        answer(writer, address)
        for person in (writer, other):
            person.open(address)
            person.send("Agree to this text")
        agree_by_link(baker, site)
        head.sign_in(HEAD, PASSWORD)
        sign_a_stale_page(head, other, address)
        sign_by_link(baker, site)
        with somebody() as other_head:
            sign_by_passkey(other_head, address)
        writer.open(address)
        writer.sees("In force since")


def begin(writer: Person) -> str:
    """Begin from a template, and invite a firm that is not here; returns the agreement's address."""
    writer.open("/agreements")
    writer.go("Begin an agreement")
    writer.choose("kind", "sharing")
    writer.write("title", TITLE)
    writer.write("partner", THEIRS)
    writer.send("Begin")
    address = writer.page.url
    writer.go("Parties")
    writer.write("partner", FIRM)
    writer.write("email", BAKER)
    writer.send("Add the party")
    writer.sees("The party is added.")
    writer.go("Back to the agreement")
    return address


def change(person: Person, clause: str) -> None:
    """Open the form of a clause."""
    person.follow(person.page.locator(f"main a.button[href$='/clauses/{clause}']"))


def fill(writer: Person) -> None:
    """Fill in what the template needs, clause by clause."""
    for clause, values in FILLED.items():
        change(writer, clause)
        for name, text in values.items():
            writer.write(name, text)
        writer.send("Save the clause")
        writer.sees("The clause is saved.")
    change(writer, "duties")
    for place in range(3):
        writer.reach(writer.page.locator("main [name^='responsible-']").nth(place))
        writer.page.keyboard.type("Keeps it locked")
    writer.send("Save the clause")
    writer.sees("Nothing is missing")


def negotiate(other: Person, address: str) -> None:
    """Change a clause, and comment another one."""
    other.open(address)
    change(other, "retention")
    other.write("months", "12")
    other.send("Save the clause")
    other.unfold("Comment or suggest: Security")
    other.reach(other.page.locator("#remark-security"))
    other.page.keyboard.type("Which system?")
    other.send("Send to the parties")
    other.sees("The other parties read it beside the clause.")


def answer(writer: Person, address: str) -> None:
    """Read the comment, and accept the changed clause."""
    writer.open(address)
    writer.sees("Which system?")
    writer.send("Accept")
    writer.sees("You accept this clause.")


def agree_by_link(baker: Person, site: Portal) -> None:
    """Read and agree without an account; with that the text is frozen."""
    baker.open(mailed_link(site.folder, BAKER, "/agreements/links/"))
    baker.sees("This link is for you alone.")
    baker.send("Agree to this text")
    baker.sees("This is the whole text")


def sign_a_stale_page(head: Person, other: Person, address: str) -> None:
    """Sign by a click; what changed meanwhile is shown first, and nothing is signed."""
    head.open("/tasks")
    head.go(f"Sign: {TITLE}")
    head.go("Look at it and sign")
    other.open(address)
    change(other, "contacts")
    other.reach(other.page.locator("main [name^='office-']").first)
    other.page.keyboard.type("Mobility office")
    other.send("Save the clause")
    answers: list[int] = []
    head.page.on("response", lambda found: answers.append(found.status))
    head.tick("intent")
    head.send("Sign")
    head.sees("This changed since you opened the page:")
    head.sees("Mobility office")
    assert 409 in answers
    head.tick("intent")
    head.send("Sign")
    head.sees("You have signed.")


def sign_by_link(baker: Person, site: Portal) -> None:
    """Sign without an account."""
    baker.open(mailed_link(site.folder, BAKER, "/agreements/links/"))
    baker.go("Look at it and sign")
    baker.tick("intent")
    baker.send("Sign")
    baker.sees("You have signed.")


def sign_by_passkey(head: Person, address: str) -> None:
    """Make a passkey, and sign with it."""
    device = head.context.new_cdp_session(head.page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    head.sign_in(OTHER_HEAD, PASSWORD)
    head.open("/account/")
    head.go("Set one up")
    head.write("name", "My laptop")
    head.send("Add a passkey")
    head.go("I have kept them")
    head.open(address)
    head.go("Look at it and sign")
    head.reach(head.page.locator("form[data-passkey] [name='intent']"))
    head.page.keyboard.press("Space")
    head.send("Sign with your passkey")
    head.sees("You have signed.")
