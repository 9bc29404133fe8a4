"""From "is my school in here?" to the partner it chose, with the keyboard and on a narrow screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from plugins.directory import interface as directory
from portal.context import REVIEWER
from tests.browser.keyboard import Person, mailed_link
from tests.browser.stories import Somebody, site_of, visited
from tests.factories import PASSWORD, clocked, make_account
from tests.plugins.partners.conftest import store_partner
from tests.reliability.storm import Portal

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SCHOOL, TITLE = "Riga School of Baking", "Bakery placements for six apprentices"
PERSON, COLLEAGUE = "anna@riga-baking.example", "ilze@riga-baking.example"
HOSTS = {"cadiz@host.example": "Talleres de Cádiz", "parma@host.example": "Forno di Parma"}
CHOSEN, OTHER = HOSTS
LOOKER = "reviewer@site.example"


@pytest.fixture
def site(any_url: str, tmp_path: Path) -> Portal:
    """A portal with an entry that nobody claimed, two hosts, and a reviewer."""
    return site_of(tmp_path, any_url, people)


def people(app: Flask) -> None:
    """Make the hosts, the reviewer and the entry."""
    make_account(app, email=LOOKER, role=REVIEWER)
    for number, (email, name) in enumerate(HOSTS.items()):
        own = make_account(app, email=email, name=f"The host {number}")
        profile = {"fields": ["072"], "roles": ["host"], "languages": [["en", "fluent"]]}
        store_partner(app, name, ("ES", "IT")[number], admin=own, profile=profile)
    school = store_partner(app, SCHOOL, "LV", domain="riga-baking.example", slug="riga-baking")
    with app.app_context():
        directory.add_identifier(clocked(app), school, scheme="oid", value="E10012345")


@pytest.mark.full
@pytest.mark.timeout(600)  # some seventy pages, each looked at
def test_a_school_finds_itself_and_then_a_partner_by_keyboard_on_a_narrow_screen(
    site: Portal, browser: Browser
) -> None:
    with visited(site, browser) as somebody:
        the_way(site, somebody)


def the_way(site: Portal, somebody: Somebody) -> None:
    """Let everybody do their part, one after another."""
    with somebody() as anna, somebody() as reviewer:
        join(anna, site, PERSON, "Anna Example")
        claim(anna)
        reviewer.sign_in(LOOKER, PASSWORD)
        accept(reviewer)
        invite(anna)
        with somebody() as ilze:
            come_in(ilze, site)
            fill_in_profile(ilze)
        submit_profile(anna)
        publish_profile(reviewer)
        ask_for_partners(anna)
        for email, name in HOSTS.items():
            with somebody() as host:
                answer(host, site, email, name)
        choose(anna)
    with somebody() as host:
        host.sign_in(CHOSEN, PASSWORD)
        host.open(mailed_link(site.folder, CHOSEN, "/reply"))
        host.sees("chosen")


def join(person: Person, site: Portal, email: str, name: str) -> None:
    """Make an account, with the link out of the mail."""
    person.open("/account/sign-in")
    person.go("Create an account")
    person.write("name", name)
    person.write("email", email)
    person.write("password", PASSWORD)
    person.send("Create the account")
    person.open(mailed_link(site.folder, email, "/account/verify/"))
    person.write("password", PASSWORD)
    person.send("Confirm the address")
    person.sees("Your address is confirmed.")


def claim(person: Person) -> None:
    """Find the own organisation by its number, and claim it."""
    person.open("/organisations/")
    person.go("Find your organisation")
    person.write("q", "Riga Baking School of Nowhere")
    person.send("Find it")
    person.sees("It is not listed yet")
    person.write("q", "E10012345")
    person.send("Find it")
    person.go("Claim it")
    person.sees("Our number is")
    person.send("Send the claim")
    person.sees("We have your request")


def accept(reviewer: Person) -> None:
    """Take the claim from the tasks and accept it."""
    reviewer.open("/tasks")
    reviewer.go(SCHOOL)
    reviewer.choose("verdict", "accept")
    reviewer.choose("proven_by", "letter-oid")
    reviewer.write("reasons", "The letter has this number.")
    reviewer.send("Decide the request")
    reviewer.sees("The decision is made")


def invite(person: Person) -> None:
    """Invite a colleague who may write."""
    person.open("/organisations/")
    person.go(SCHOOL)
    person.go("People")
    person.go("Invite a colleague")
    person.write("email", COLLEAGUE)
    person.choose("role", "OrgEditor")
    person.send("Send the invitation")
    person.sees(COLLEAGUE)


def come_in(colleague: Person, site: Portal) -> None:
    """Follow the invitation, with an account made on the way."""
    colleague.open(mailed_link(site.folder, COLLEAGUE, "/invitations/"))
    colleague.go("Make an account")
    join(colleague, site, COLLEAGUE, "Ilze Example")
    colleague.open(mailed_link(site.folder, COLLEAGUE, "/invitations/"))
    colleague.send("Accept the invitation")
    colleague.sees("You act for")


def fill_in_profile(colleague: Person) -> None:
    """Write what partners want to know: facts are seen at once, promises wait for a reviewer."""
    colleague.go("Edit the profile")
    colleague.tick("roles", "sending")
    colleague.write("summary_1", "We train bakers.")
    colleague.select("language_1", "English")
    colleague.unfold("Fields of education")
    colleague.tick("fields", "072")
    colleague.unfold("Languages at work")
    colleague.select("tag_1", "English")
    colleague.unfold("Quality promises")
    colleague.tick("commitments", "safety")
    colleague.send("Save the profile")


def submit_profile(person: Person) -> None:
    """Let the administrator agree and submit it."""
    person.open("/organisations/")
    person.go(SCHOOL)
    person.go("Changed promises: next step")
    person.tick("agree")
    person.send("Submit the change")


def publish_profile(reviewer: Person) -> None:
    """Take the profile from the tasks and publish it."""
    reviewer.open("/tasks")
    reviewer.go(SCHOOL)
    reviewer.send("Publish the change")
    reviewer.sees("Done.")


def ask_for_partners(person: Person) -> None:
    """Post a partner request, and tell those who fit."""
    person.open("/requests")
    person.go("Write the first request")
    person.write("title", TITLE)
    person.choose("role", "host")
    person.write("text", "Two weeks in a bakery in May.")
    person.unfold("Fields of education")
    person.tick("fields", "072")
    person.send("Publish the request")
    person.sees("Your request is published.")
    person.go("See who fits")
    for name in HOSTS.values():
        person.reach(person.page.get_by_label(f"Tell them: {name}"))
        person.page.keyboard.press("Space")
    person.send("Tell the ticked ones")
    person.sees("2 organisations are told.")


def answer(host: Person, site: Portal, email: str, name: str) -> None:
    """Follow the link of the notice, and answer."""
    host.sign_in(email, PASSWORD)
    host.open(mailed_link(site.folder, email, "/requests/"))
    host.sees(TITLE)
    host.go(f"Answer for {name}")
    host.write("places", "6")
    host.write("text", f"{name} would love to bake with you.")
    host.send("Send the answer")
    host.sees("Your answer is sent.")


def choose(person: Person) -> None:
    """Compare the answers, choose one, and close politely."""
    person.open("/requests/mine")
    person.go(TITLE)
    person.go("2 answers")
    person.sees("Side by side")
    person.unfold(f"Decide: {HOSTS[CHOSEN]}")
    person.send("Choose")
    person.sees("is chosen and is told so.")
