"""A consortium that lacks a host for welding in Latvia, from founding to closing: keyboard, 320 px."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.keyboard import Person, mailed_link
from tests.browser.stories import Somebody, site_of, visited
from tests.factories import PASSWORD, make_account
from tests.plugins.partners.conftest import store_partner
from tests.reliability.storm import Portal

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LEAD, MEMBER, HOST = (
    "lead@demo-north.example",
    "member@demo-south.example",
    "host@demo-east.example",
)
SCHOOLS = {
    LEAD: ("North Trade School (made up)", "DE", ["sending"]),
    MEMBER: ("South Trade School (made up)", "ES", ["sending", "host"]),
    HOST: ("East Trade School (made up)", "LV", ["host"]),
}
NAME, GUEST = "Welding across borders", "expert@chamber.example"


def named(email: str) -> str:
    """Return the name of somebody's school."""
    return SCHOOLS[email][0]


@pytest.fixture
def site(any_url: str, tmp_path: Path) -> Portal:
    """A portal with three made-up schools and who looks after each."""
    return site_of(tmp_path, any_url, people)


def people(app: Flask) -> None:
    """Make the schools and who looks after them."""
    for email, (name, country, roles) in SCHOOLS.items():
        own = make_account(app, email=email, name=f"Coordinator of {country} (demonstration)")
        profile = {"fields": ["0715"], "roles": roles, "languages": [["en", "fluent"]]}
        store_partner(app, name, country, admin=own, profile=profile, is_fictional=True)


@pytest.mark.full
@pytest.mark.timeout(900)  # some eighty pages, each looked at
def test_a_consortium_fills_its_gap_works_and_closes_by_keyboard_on_a_narrow_screen(
    site: Portal, browser: Browser
) -> None:
    with visited(site, browser) as somebody:
        the_way(site, somebody)


def the_way(site: Portal, somebody: Somebody) -> None:
    """Let everybody do their part, one after another."""
    with somebody() as lead, somebody() as member, somebody() as host:
        for person, email in ((lead, LEAD), (member, MEMBER), (host, HOST)):
            person.sign_in(email, PASSWORD)
        base = found(lead)
        invite(lead, base)
        join(member, base)
        ask_for_a_host(lead, base)
        host.open(mailed_link(site.folder, HOST, "/consortia/"))
        host.send("Accept")
        become_eligible(lead, base)
        plan(lead, base)
        here = meet(lead, base)
        with somebody() as guest:
            guest.open(mailed_link(site.folder, GUEST, "/consortia/meetings/"))
            guest.sees("Look back at the first stay")
            guest.send("Yes, I come")
            guest.sees("Your answer is noted")
        host.open(here)
        host.send("Yes, I come")
        decide(lead, host, base)
        report(lead, base)
        hand_over(lead, member, base)
        close(member, base)
        host.open(f"{base}/history")
        host.sees("The consortium was closed")


def found(lead: Person) -> str:
    """Found the consortium; return its address."""
    lead.open("/consortia/new")
    lead.write("name", NAME)
    lead.write("purpose", "Two weeks of welding abroad.")
    lead.choose("kind", "network")
    lead.unfold("Fields of education")
    lead.tick("fields", "071")
    lead.send("Found the consortium")
    lead.sees("Overview")
    return lead.page.url.split("?")[0].removesuffix("/members")


def invite(lead: Person, base: str) -> None:
    """Invite a school by its name."""
    lead.open(f"{base}/members")
    lead.write("list", named(MEMBER))
    lead.tick("parts", "sending")
    lead.tick("parts", "host")
    lead.send("Send the invitations")
    lead.sees("1 organisation is invited.")


def join(member: Person, base: str) -> None:
    """Accept, from the tasks."""
    member.open("/tasks")
    member.go(NAME)
    member.send("Accept")
    member.sees("Done.")


def ask_for_a_host(lead: Person, base: str) -> None:
    """Say what is missing, see who is proposed and why, invite."""
    lead.open(base)
    lead.unfold("More")
    lead.go("Whom to ask")
    lead.unfold("In which countries?")
    lead.tick("countries", "LV")
    lead.unfold("For which fields?")
    lead.tick("fields", "0715")
    lead.send("Add the wish")
    lead.sees("1 partner fills the gaps")
    lead.sees(named(HOST))
    lead.sees("Fills:")
    lead.send("Invite it")
    lead.sees("1 organisation is invited.")


def become_eligible(lead: Person, base: str) -> None:
    """Choose a rule, see that all is fulfilled, start."""
    lead.open(base)
    lead.unfold("More")
    lead.go("Programme rule")
    lead.select("rule", "Mobility network")
    lead.send("Keep to this rule")
    lead.sees("All is fulfilled")
    lead.open(base)
    lead.send("Start the consortium")
    lead.sees("Done.")


def plan(lead: Person, base: str) -> None:
    """Plan places and work, and keep a document."""
    lead.open(f"{base}/places")
    lead.select("sender", "North")
    lead.select("host", "East")
    lead.write("planned", "6")
    lead.send("Note the places")
    lead.sees("Who gives and takes")
    lead.open(base)
    lead.go("Work plan")
    lead.send("Switch")
    lead.go("Add a work package")
    lead.write("title", "Welding in two weeks")
    lead.send("Add the work package")
    lead.go("Add work")
    lead.choose("kind", "task")
    lead.write("title", "Write the programme of the stay")
    lead.select("owner", "East")
    lead.write("ends_on", day(20))
    lead.send("Add it to the plan")
    lead.sees("Write the programme of the stay")
    lead.open(base)
    lead.go("Documents")
    lead.field("file").set_input_files(
        {"name": "safety.txt", "mimeType": "text/plain", "buffer": b"Gloves, mask, shoes."}
    )
    lead.write("title", "Safety at the welding bench")
    lead.send("Add the document")
    lead.sees("Every later version stays")


def day(ahead: int) -> str:
    """Return a day that is so many days ahead."""
    return (datetime.now(UTC).date() + timedelta(days=ahead)).isoformat()


def meet(lead: Person, base: str) -> str:
    """Plan a meeting, with a guest; return its address."""
    lead.open(base)
    lead.go("Meetings")
    lead.go("Plan a meeting")
    lead.write("title", "Look back at the first stay")
    lead.write("day", day(7))
    lead.write("time", "10:00")
    lead.write("agenda", "What went well, 30")
    lead.send("Plan it and invite")
    lead.sees("The meeting is planned")
    here = lead.page.url
    lead.unfold("Guests without an account")
    lead.write("name", "An expert (demonstration)")
    lead.write("email", GUEST)
    lead.send("Invite the guest")
    lead.sees("The invitation is on its way.")
    return here


def decide(lead: Person, host: Person, base: str) -> None:
    """Put something to the members; one speaks."""
    lead.open(base)
    lead.go("Decisions")
    lead.go("Put something to the members")
    lead.write("title", "We go again next year")
    lead.write("text", "Two weeks, the same schools.")
    lead.choose("way", "consent")
    lead.send("Ask the members")
    lead.sees("members have spoken")
    host.open(lead.page.url)
    host.choose("choice", "consent")
    host.send("Send")
    host.sees("You have spoken")


def report(lead: Person, base: str) -> None:
    """Look at the report of the work."""
    lead.open(f"{base}/plan")
    lead.go("Report")
    lead.sees("Report")


def hand_over(lead: Person, member: Person, base: str) -> None:
    """Offer the lead; the other school takes it."""
    lead.open(base)
    lead.go("Hand over the lead")
    lead.select("candidate", "South")
    lead.send("Offer the lead")
    lead.sees("is asked to lead")
    member.open(f"{base}/lead")
    member.send("Accept the lead")
    member.sees(f"Led by {named(MEMBER)}")


def close(member: Person, base: str) -> None:
    """Hand in the report, make the archive, close."""
    member.open(base)
    member.go("Closing")
    member.write("report", "Final report (demonstration)")
    member.write("reported_on", day(0))
    member.send("It is handed in")
    member.send("Keep them until then")
    member.write("comment", "The project is over.")
    member.send("Close the consortium")
    member.sees("This consortium is closed")
