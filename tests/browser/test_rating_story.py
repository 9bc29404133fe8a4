"""From a plan to the answer to a rating, with the keyboard and on a narrow screen."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from plugins.mobilities import interface as mobilities
from plugins.ratings import inviting, releasing
from plugins.ratings.models import Answer, Ending, Rating
from portal import db
from portal.context import REVIEWER
from tests.browser.keyboard import Person, mailed_link
from tests.browser.stories import site_of, visited
from tests.factories import PASSWORD, make_account
from tests.plugins.ratings.world import World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

DAY = timedelta(days=1)
SCHOOL, HOST, BEFORE = "School of Bonn", "Bakery of Seville", ("College of Riga", "Academy of Graz")
TITLE = "Baking in Seville, three apprentices"
LEARNERS = [f"learner-{at}@school.example" for at in (1, 2, 3)]
LOOKER = "reviewer@site.example"
SAID, ANSWER = "They took good care of everybody.", "Thank you, come again."


class Story:
    """A portal whose days pass when somebody says so, and people at it."""

    def __init__(self, folder: Path, url: str, browser: Browser) -> None:
        self.emails: dict[str, str] = {}
        self.portal = site_of(folder, url, self.fill, processes=2)
        ahead = str(Path(__file__).parent / "ahead")
        path = self.portal.environment["PYTHONPATH"]
        self.portal.environment["PYTHONPATH"] = os.pathsep.join([ahead, path])
        self.served = visited(self.portal, browser)

    def __enter__(self) -> Story:
        self.somebody = self.served.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.served.__exit__(*error)

    def fill(self, app: Flask) -> None:
        """Make a school, a host whom two others have rated, and a reviewer."""
        make_account(app, email=LOOKER, role=REVIEWER)
        world = World(app)
        for name in (SCHOOL, HOST, *BEFORE):
            world.organisation(name, "ES" if name == HOST else "DE")
            self.emails[name] = world.people[name].email
        for name, stars in zip(BEFORE, (5, 2), strict=True):
            rated_before(world, name, stars)
        assert releasing.release(world.ctx) == len(BEFORE)

    def member(self, name: str) -> Person:
        """Return somebody who signed in, of an organisation or by address."""
        person = self.somebody()
        person.sign_in(self.emails.get(name, name), PASSWORD)
        return person

    def go_on(self, days: int) -> None:
        """Let days pass, so many in all since the beginning."""
        (self.portal.folder / "days-ahead").write_text(str(days))

    def mailed(self, to: str, part: str) -> str:
        """Wait for a mail and return the link in it."""
        return mailed_link(self.portal.folder, self.emails.get(to, to), part)


def rated_before(world: World, name: str, stars: int) -> None:
    """Record a stay at the host that is over, and what both sides said of it."""
    today = datetime.now(UTC).date()
    stay = mobilities.record(
        world.ctx,
        sending=world.organisation(name),
        host=world.organisation(HOST),
        starts_on=today - 60 * DAY,
        ends_on=today - 20 * DAY,
        announce=False,
    )
    ending = inviting.ask(world.ctx, stay.id, silently=True)
    assert ending
    world.rate(ending, "sending", stars)
    world.rate(ending, "host", 4)


@pytest.mark.full
@pytest.mark.timeout(900)  # some sixty pages, each looked at
def test_a_stay_is_planned_rated_and_answered_by_keyboard_on_a_narrow_screen(
    any_url: str, tmp_path: Path, browser: Browser
) -> None:
    with Story(tmp_path, any_url, browser) as story:
        planned(story)
        ended(story)
        rated(story)
        released(story)
        answered_and_disputed(story)
    db.open_database(any_url)
    db.database.connect(reuse_if_open=True)
    assert Ending.select().count() == 1 + len(BEFORE)
    assert Rating.select().count() == 5 + 2 * len(BEFORE)
    assert Answer.select().where(Answer.cell.is_null(False)).count() == 3 * 5
    db.database.close()


def planned(story: Story) -> None:
    """Let the school plan a stay and the host agree to it; they go."""
    first = datetime.now(UTC).date() + DAY
    with story.member(SCHOOL) as school:
        school.open("/mobilities")
        school.go("Plan a mobility")
        school.write("host", HOST)
        school.write("title", TITLE)
        school.write("starts_on", first.isoformat())
        school.write("ends_on", (first + 14 * DAY).isoformat())
        school.choose("kind", "group")
        school.send("More participants")
        for at, email in enumerate(LEARNERS):
            school.write(f"participants-{at}-name", f"Learner {at + 1}")
            school.write(f"participants-{at}-email", email)
        school.send("Ask the host")
        school.sees("The host is asked to agree.")
    with story.member(HOST) as host:
        host.open("/tasks")
        host.go(TITLE)
        host.sees("This waits for you")
        host.send("Agree to host")
        host.sees("Done.")
    with story.somebody() as learner:
        learner.open(story.mailed(LEARNERS[0], "/stay/"))
        learner.send("I have done it")
    story.go_on(2)
    with story.member(HOST) as host:
        host.open("/mobilities")
        host.go(TITLE)
        host.send("They have arrived")
        host.sees("Done.")


def ended(story: Story) -> None:
    """Let time pass until the stay ends by itself and everybody is asked."""
    with pytest.raises(AssertionError):
        mailed_link(story.portal.folder, LEARNERS[0], "/ratings/link/", seconds=0.1)
    story.go_on(23)
    for email in LEARNERS:
        story.mailed(email, "/ratings/link/")


def rated(story: Story) -> None:
    """Let everybody say how it was: organisations from their tasks, learners by their links."""
    with story.member(SCHOOL) as school:
        school.open("/tasks")
        school.go(f"How was it? {HOST}")
        school.send("Send and seal")
        school.sees("Choose a step")
        for name, stars in {"documents": "4", "assessment": "0", "communication": "5"}.items():
            school.choose(f"host-{name}", stars)
        school.write("host-text", SAID)
        school.send("Send and seal")
        school.sees("It is sealed")
        school.go(HOST)
        school.sees("nearly always on time")
    with story.member(HOST) as host:
        host.open("/ratings")
        host.go(SCHOOL)
        for name in ("preparation", "communication", "support"):
            host.choose(f"sending-{name}", "3")
        host.send("Send and seal")
        host.sees("It is sealed")
    for at, email in enumerate(LEARNERS):
        with story.somebody() as learner:
            learner.open(story.mailed(email, "/ratings/link/"))
            for name in ("tutoring", "tasks", "safety", "housing", "again"):
                learner.choose(f"host-{name}", str(5 - at % 2))
            learner.send("Send and seal")
            learner.sees("What you sent")


def released(story: Story) -> None:
    """Let another day pass: what was said is public, and the score is on the profile and found."""
    with story.somebody() as guest:
        guest.open("/ratings/about/bakery-of-seville")
        assert SAID not in guest.page.content()
    story.go_on(24)
    story.mailed(SCHOOL, "/ratings/about/")
    with story.somebody() as guest:
        guest.open("/partners")
        guest.select("sort", "Quality")
        guest.page.wait_for_url(re.compile("sort=quality"))
        guest.sees("3 organisations, ")
        guest.look()
        first = guest.page.locator("ol.results > li").first
        assert HOST in first.inner_text()
        assert "likely" in first.inner_text()
        guest.go(HOST)
        guest.sees("Quality, as rated")
        guest.go("How?")
        guest.sees("What participants say")
        guest.go("How it came about")
        guest.sees("What counts how much")
        guest.unfold("Show as a table")
        guest.go("Read the whole method")


def answered_and_disputed(story: Story) -> None:
    """Let the host answer a rating and dispute it, and a reviewer decide on all of it."""
    with story.member(LOOKER) as reviewer:
        decide(reviewer, "Show it to everybody")
    with story.member(HOST) as host:
        host.open(story.mailed(HOST, "/ratings/about/"))
        host.sees(SAID)
        host.go("Answer or dispute")
        host.send("Send the answer")
        host.write("text", ANSWER)
        host.send("Send the answer")
        host.sees("waits for a reviewer")
        host.choose("reason", "untrue")
        host.write("text", "It was somebody else.")
        host.send("Dispute the rating")
        host.sees("A reviewer decides")
    with story.member(LOOKER) as reviewer:
        decide(reviewer, "Keep the rating", "Nothing shows that it is untrue.")
        decide(reviewer, "Show it to everybody")
    with story.somebody() as guest:
        guest.open("/ratings/about/bakery-of-seville")
        guest.sees(ANSWER)
        guest.sees("disputed and kept")


def decide(reviewer: Person, step: str, reasons: str = "") -> None:
    """Take what waits, disputes first, and decide."""
    reviewer.unfold("Menu")
    reviewer.unfold("Account:")
    reviewer.go("Words and disputes")
    reviewer.go(HOST)
    if reasons:
        reviewer.write("comment", reasons)
    reviewer.send(step)
    reviewer.sees("Done.")
