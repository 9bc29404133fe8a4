"""Robots that sign up and write wherever they can, and the people whom they must not disturb.

They follow every link, fill every form of every page that they get, and try every address of the
portal. They share a clock that each of their requests moves.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from plugins.claims import service as claims
from plugins.members import invitations as inviting
from plugins.requests import enquiring
from plugins.requests.models import Enquiry, Reply
from portal.clock import FixedClock
from portal.context import Actor
from portal.mail import Outbox
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import PASSWORD, clocked, make_account, make_member, make_organisation
from tests.plugins.partners.conftest import store_partner
from tests.plugins.requests.conftest import make_request
from tests.reliability.browsing import Answer, Browser, Forms, pages, posts

SPAM = re.compile(r"qzspam\d{5}")
PROFILE = {"fields": ["0721"], "roles": ["host"]}
NEVER_SENT = ("/account/sign-out", "/account/data/erase", "/account/password", "/account/prove")
HUMAN_NETWORK = "192.0.2.1"


@dataclass
class World:
    """A portal with people who use it; no name or address of theirs is anybody's business."""

    app: Flask
    clock: FixedClock
    marks: list[tuple[str, str]]
    admins: list[Account]
    slugs: list[str]
    secret: Organisation
    wanted: str

    def seen_in(self, text: str) -> set[int]:
        """Return which people an answer names."""
        found = re.findall(r"(?:Markname|box)(\d{5})", text)
        return {int(number) for number in found}

    def addresses(self) -> list[str]:
        """Return the addresses that have an account."""
        return [address for _name, address in self.marks]


def make_world(app: Flask, clock: FixedClock, people: int) -> World:
    """Fill a portal: five people an organisation, an open request, an enquiry, a claim, a draft."""
    marks, admins, slugs = [], [], []
    for number in range(people):
        marks.append((f"Markname{number:05d} Lead", f"box{number:05d}@kept.example"))
        account = make_account(app, name=marks[-1][0], email=marks[-1][1])
        if number % 5 == 0:
            admins.append(account)
            at = len(slugs)
            slugs.append(f"partner-{at}")
            school = store_partner(
                app, f"School of place {at}", admin=account, slug=slugs[-1], profile=PROFILE,
                public_id=f"{secrets.token_hex(8)}",
            )  # fmt: skip
        else:
            with app.app_context():
                make_member(school, account, "OrgEditor")
    store_partner(app, "School without people", slug="unclaimed-school")
    with app.test_request_context():
        secret = make_organisation("School of secrets", slug="school-of-secrets", hidden_at=clock.now())  # fmt: skip
        make_member(secret, admins[0])
        first, second = (Organisation.get(Organisation.slug == slug) for slug in slugs[:2])
        enquiring.ask(clocked(app), first, second, "A question between partners")
        inviting.invite(acting(app, admins[0]), first, email="invited-person@kept.example", role="OrgEditor")  # fmt: skip
        entry = Organisation.get(Organisation.slug == "unclaimed-school")
        claims.open_case(acting(app, admins[1]), entry, "wrong-fact", message="Another name")
    wanted = make_request(app, Organisation.get(Organisation.slug == slugs[2]))
    return World(app, clock, marks, admins, slugs, secret, wanted.slug)


def acting(app: Flask, account: Account) -> Any:
    """Return the context of somebody who is signed in."""
    return clocked(app).as_actor(Actor(account.id, account.name, frozenset({"Member"})))


# Signing up


@dataclass
class Bots:
    """An army: how many signed up, which of them own their address, what they made."""

    world: World
    pace: float = 0.1
    human: Callable[[], None] = lambda: None
    every: int = 0
    registered: int = 0
    refused: int = 0
    accounts: list[tuple[int, Browser]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    requests: int = 0
    sent: int = 0

    def browser(self, number: int) -> Browser:
        """Return a browser in the bots' networks: fifty robots share one."""
        found = Browser(
            self.world.app, f"198.51.{100 + number // 12_500}.{number // 50 % 250 + 1}",
            self.world.clock, self.pace,
        )  # fmt: skip
        found.after = self.count
        return found

    def count(self) -> None:
        """Count a request; now and then it is the people's turn."""
        self.requests += 1
        if self.every and self.requests % self.every == 0:
            self.human()

    def sign_up(self, first: int, last: int, own: int, network: int | None = None) -> None:
        """Register robots; every `own`-th has a mailbox, the rest made their address up."""
        for number in range(first, last):
            browser = self.browser(number if network is None else network)
            address = f"qzspam{number:05d}@robots.example"
            values = {"name": spam(number), "email": address, "password": PASSWORD}
            if browser.fill("/account/register", **values).status != 303:
                self.refused += 1
                continue
            self.registered += 1
            if number % own:
                browser.fill("/account/sign-in", email=address, password=PASSWORD)
                assert browser.get("/account/").status == 303, "signed in without a mailbox"
                if number % own == 1:
                    publish(self, number, browser, [])
                continue
            text = Outbox.select().where(Outbox.recipient == address).get().text
            link = re.search(r"/account/verify/[\w-]+", text)
            assert link
            browser.fill(link[0], password=PASSWORD)
            assert browser.get("/account/").status == 200
            self.accounts.append((number, browser))


def spam(number: int) -> str:
    """Return what a robot writes wherever it can; the number says which one it was.

    Names with a link are refused (tests/plugins/directory), so robots that get further have none.
    """
    return f"School qzspam{number:05d} win at qzspam{number:05d} example"


def typed(number: int, name: str) -> str:
    """Return what a robot types into a field of that name."""
    plain = name.lower()
    if any(word in plain for word in ("website", "url", "page")):
        return f"https://qzspam{number:05d}.example/win"
    if "mail" in plain or "reply_to" in plain:
        return f"qzspam{number:05d}@robots.example"
    if "password" in plain:
        return PASSWORD
    if plain.endswith("_on") or "date" in plain or "day" in plain:
        return "2027-01-15"
    if plain in {"places", "youngest_age", "capacity", "year"}:
        return "7"
    return "" if plain == "more" else spam(number)


def publish(bots: Bots, number: int, browser: Browser, slugs: list[str]) -> None:
    """Let a robot write wherever a form or an address lets it."""
    own: list[str] = []
    for page in ("/organisations/new", "/organisations/add"):
        values = {"name": spam(number), "country": "DE", "type": "vet-school", "other": "y",
                  "city": f"Qzspam{number:05d}", "number": "", "website": typed(number, "website")}  # fmt: skip
        made = re.search(r"/organisations/([\w-]+)/", browser.fill(page, **values).location)
        if made:
            own.append(made[1])
    if own:
        fields = {"organisation": own[0], "title": spam(number), "text": spam(number),
                  "lang": "en", "role": "host", "fields": "072", "closes_on": "2027-01-15"}  # fmt: skip
        wanted = re.search(r"/requests/([\w-]+)", browser.fill("/requests/new", **fields).location)
        if wanted and wanted[1] not in {"new", "mine"}:
            own.append(wanted[1])
    bots.made |= set(own)
    known = [*own, *slugs]
    for page in pages(bots.world.app, known):
        answer = browser.get(page)
        if answer.status != 200:
            continue
        for form in Forms(page, answer.text).found:
            if form.method != "post" or form.action.startswith(NEVER_SENT):
                continue
            values = form.offered | form.values
            values |= {name: typed(number, name) for name in form.typed}
            browser.ask("POST", form.action, values)
            bots.sent += 1
    answer = browser.get("/organisations/new")
    token = next((form.values.get("csrf_token") for form in Forms("", answer.text).found), "")
    written = dict.fromkeys(
        ("comment", "message", "text", "title", "name", "purpose"), spam(number)
    )
    written |= {"organisation": own[0] if own else "", "csrf_token": token, "role": "host"}
    for path in posts(bots.world.app, known or ["unclaimed-school"]):
        browser.ask("POST", path, written)
        bots.sent += 1


def reached(bots: Bots) -> int:
    """Return how many answers and enquiries of robots lie before other organisations."""
    of: Any = Organisation
    own = of.select(of.id).where(of.slug.in_(sorted(bots.made)))
    answers, asked = Reply.select(), Enquiry.select()
    return int(
        answers.where(Reply.organisation.in_(own)).count()
        + asked.where(Enquiry.asker.in_(own)).count()
    )


# People


@dataclass
class Human:
    """A searcher and two coordinators, who work as if no robot were there."""

    world: World
    failures: list[str] = field(default_factory=list)
    rounds: int = 0
    browsers: list[Browser] = field(default_factory=list)

    def __call__(self) -> None:
        """Search; sign in, edit, post a request, have it answered, close it, sign out."""
        self.rounds += 1
        app, clock = self.world.app, self.world.clock
        searcher, asker, host = (Browser(app, HUMAN_NETWORK, clock) for _one in range(3))
        self.browsers += [searcher, asker, host]
        for path in ("/", "/partners?q=school", f"/partners/{self.world.slugs[3]}", "/requests"):
            self._expect(200, searcher.get(path))
        for browser, person in ((asker, 0), (host, 1)):
            account = self.world.admins[person]
            said = browser.fill("/account/sign-in", email=account.email, password=PASSWORD)
            self._expect(303, said)
        mine, theirs = self.world.slugs[:2]
        self._expect(303, asker.fill(f"/organisations/{mine}/edit", city=f"Town {self.rounds}"))
        values = {"organisation": mine, "title": f"Bakery places {self.rounds}", "text": "Six.",
                  "lang": "en", "role": "host", "fields": "072", "closes_on": "2027-01-15", "publish": "yes"}  # fmt: skip
        made = asker.fill("/requests/new", **values)
        self._expect(303, made)
        path = urlsplit(made.location).path
        self._expect(303, host.fill(f"{path}/reply", organisation=theirs, text="We host them."))
        self._expect(303, asker.fill(path, "/close"))

    def _expect(self, status: int, answer: Answer) -> None:
        if answer.status != status:
            text = " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())
            text = text[max(0, text.find("to mend")) :][:300]
            self.failures.append(f"{answer.path}: {answer.status} {text}")

    def seconds(self) -> list[float]:
        """Return how long each answer took."""
        return [one for browser in self.browsers for one in browser.seconds]

    def statuses(self) -> Counter[int]:
        """Return how the answers were."""
        return sum((browser.statuses for browser in self.browsers), Counter[int]())
