"""Robots that spam, guess and harvest, the people whom they must not disturb, and what they achieved.

They know HTML: they follow every link and fill every form of every page that they get, and try every
address of the portal with the words that they have seen. They share a clock that each request moves.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import BuildError

from plugins.claims import service as claims
from plugins.members import invitations as inviting
from plugins.requests import enquiring
from plugins.requests.models import Enquiry, Reply
from portal.clock import FixedClock
from portal.context import Actor
from portal.mail import Outbox
from portal.organisations.models import Organisation
from portal.people import passwords
from portal.people.models import Account
from tests.factories import PASSWORD, clocked, make_account, make_member, make_organisation
from tests.plugins.partners.conftest import store_partner
from tests.plugins.requests.conftest import make_request

SPAM = re.compile(r"qzspam\d{5}")
PROFILE = {"fields": ["0721"], "roles": ["host"]}
NEVER_SENT = ("/account/sign-out", "/account/data/erase", "/account/password", "/account/prove")
GUESSED = ("public_id", "token", "number", "person", "plugin", "batch")
HUMAN_NETWORK = "192.0.2.1"


@dataclass
class Form:
    """A form of a page with what a browser would send of it, and what may be typed into it."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)
    offered: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path, self.found = path, list[Form]()
        self._select = self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take a form, or a field of the last one."""
        has = {name: value or "" for name, value in attributes}
        name, value = has.get("name", ""), has.get("value", "")
        if tag == "form":
            action = has.get("action") or self.path
            self.found.append(Form(action, has.get("method", "get").lower()))
        if not self.found:
            return
        form = self.found[-1]
        if tag == "option" and self._select and value:
            if "selected" in has or not form.values.get(self._select):
                form.values[self._select] = value
        elif tag == "select":
            self._select = name
        elif tag == "textarea" and name:
            self._area, form.values[name] = name, ""
            form.typed.add(name)
        elif tag == "button" and name:
            form.offered.setdefault(name, value)
        elif tag == "input" and name:
            kind = has.get("type", "text")
            if kind in {"radio", "checkbox"}:
                if "checked" in has:
                    form.values[name] = value
                form.offered.setdefault(name, value or "on")
            elif kind != "file":
                form.values[name] = value
                if kind not in {"hidden", "submit"}:
                    form.typed.add(name)

    def handle_endtag(self, tag: str) -> None:
        """Leave a field."""
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Take what stands in a text area."""
        if self._area:
            self.found[-1].values[self._area] += data.lstrip("\n")


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    location: str
    path: str


class Browser:
    """Fetches pages from one network with cookies of its own; each request moves the clock."""

    def __init__(self, app: Flask, network: str, clock: FixedClock, pace: float = 0.0) -> None:
        self.client = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = network
        self.clock, self.pace = clock, timedelta(seconds=pace)
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.after: Callable[[], None] = lambda: None

    def ask(self, method: str, path: str, values: Mapping[str, Any] | None = None) -> Answer:
        """Ask once."""
        self.clock.moment += self.pace
        began = time.perf_counter()
        got = self.client.open(path, method=method, data=values)
        self.seconds.append(time.perf_counter() - began)
        self.statuses[got.status_code] += 1
        assert got.status_code < 500, (method, path, got.text[:300])
        text = got.get_data().decode("utf-8", "replace")
        answer = Answer(got.status_code, text, got.location or "", path)
        got.close()
        self.after()
        return answer

    def get(self, path: str) -> Answer:
        """Fetch a page."""
        return self.ask("GET", path)

    def fill(self, page: str, action: str = "", **values: Any) -> Answer:
        """Send the form of a page whose address ends like `action`, with some values typed."""
        answer = self.get(page)
        for form in Forms(page, answer.text).found:
            if form.method == "post" and form.action.split("?")[0].endswith(action or page):
                return self.ask("POST", form.action, {**form.values, **values})
        return answer


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
        found.after = self._count
        return found

    def _count(self) -> None:
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
    """Return what a robot writes wherever it can; the number says which one it was."""
    return f"School qzspam{number:05d} http://qzspam{number:05d}.example/win"


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
    for page in _pages(bots.world.app, known):
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
    for path in _posts(bots.world.app, known or ["unclaimed-school"]):
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


def _rules(app: Flask, method: str) -> Iterator[Any]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda item: item.rule):
        if method in (rule.methods or set()) and not rule.rule.startswith(("/setup", "/static")):
            yield rule


def _pages(app: Flask, slugs: list[str]) -> Iterator[str]:
    """Yield every page that takes nothing but a slug."""
    for rule in _rules(app, "GET"):
        if rule.arguments <= {"slug"}:
            for slug in slugs if rule.arguments else [""]:
                yield _built(app, rule, {"slug": slug})


def _posts(app: Flask, slugs: list[str]) -> Iterator[str]:
    """Yield every address that does something with what has a slug, with all steps there are."""
    steps = ("submit", "publish", "approve", "show", "reinstate", "restore", "share")
    for rule in _rules(app, "POST"):
        if "slug" not in rule.arguments or rule.arguments & set(GUESSED):
            continue
        for slug in slugs:
            values = {"slug": slug, "what": "profile"}
            name = next((name for name in ("step", "act") if name in rule.arguments), "")
            choices = getattr(rule._converters[name], "items", None) or steps if name else ("",)
            for step in choices:
                yield _built(app, rule, values | ({name: step} if name else {}))


def _built(app: Flask, rule: Any, values: dict[str, Any]) -> str:
    with app.test_request_context(), suppress(BuildError, KeyError, TypeError, ValueError):
        built = rule.build(values)
        return str(built[1]) if built else "/"
    return "/"


# Looking round


def walk(
    browser: Browser, start: list[str], look: Callable[[Answer], None], most: int, variants: int
) -> int:
    """Follow links and show each answer to `look`; of a page with a query, some variants."""
    queue, known, counts = deque(start), set(start), Counter[str]()
    visited = 0
    while queue and visited < most:
        path = queue.popleft()
        answer = browser.get(path)
        visited += 1
        look(answer)
        found = [unescape(link) for link in re.findall(r'(?:href|src)="([^"]+)"', answer.text)]
        for link in [*found, answer.location]:
            parts = urlsplit(link)
            if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
                continue
            there = parts.path + (f"?{parts.query}" if parts.query else "")
            if there in known or there.startswith(("/static", "/account/sign-out")):
                continue
            known.add(there)
            counts[parts.path] += 1
            if counts[parts.path] <= variants:
                queue.append(there)
    return visited


SEARCHES = (
    "/partners?q=school", "/partners?q=win", "/partners.csv?q=school", "/partners?sort=newest",
    "/api/v1/partners?q=school&page_size=100", "/api/v1/partners?sort=newest&page_size=100",
    "/api/v1/requests", "/requests?q=school", "/requests", "/requests.atom", "/", "/partners",
    "/organisations/find?q=school", "/organisations/find?q=win", "/partners/map",
)  # fmt: skip


def public_spam(bots: Bots, most: int, variants: int) -> set[str]:
    """Return what of the spam a visitor without an account can see, and where."""
    visitor = Browser(bots.world.app, HUMAN_NETWORK, bots.world.clock)
    found: set[str] = set()

    def look(answer: Answer) -> None:
        own = answer.path if answer.status == 404 else ""
        for mark in SPAM.findall(answer.text.lower()):
            if mark not in own:
                found.add(f"{mark} on {answer.path.split('?')[0]}")

    walk(visitor, list(SEARCHES), look, most, variants)
    for slug in sorted(bots.made)[:200]:
        for path in (f"/partners/{slug}", f"/requests/{slug}", f"/api/v1/partners/{slug}",
                     f"/partners/{slug}/fact-sheet", f"/organisations/{slug}/abuse"):  # fmt: skip
            if visitor.get(path).status != 404:
                found.add(f"{slug} at {path.replace(slug, '...')}")
    return found


def people_seen(bots: Bots, most: int, variants: int) -> tuple[set[int], int]:
    """Return which people a robot with an account and one without come to see, of how many pages."""
    world, seen = bots.world, set[int]()

    visited = 0
    for browser in (bots.accounts[0][1], Browser(world.app, "203.0.113.9", world.clock, bots.pace)):
        browser.after = bots._count
        start = [*SEARCHES, "/account/", "/welcome", "/tasks", "/organisations/", "/account/data"]
        start += _pages(world.app, [*world.slugs[:5], world.secret.slug])
        for word in ("Markname", "Lead", "kept.example", "box00001@kept.example"):
            start += [f"{path}?q={word}" for path in ("/partners", "/organisations/find")]
            start += [f"/api/v1/partners?q={word}"]

        def look_at(answer: Answer) -> None:
            asked = urlsplit(answer.path).query
            seen.update(world.seen_in(answer.text) - world.seen_in(asked))

        visited += walk(browser, list(dict.fromkeys(start)), look_at, most, variants)
    return seen, visited


# Guessing


def guesses(number: int) -> list[str]:
    """Return what a robot would try as a number, an id, a receipt or a link."""
    return [
        str(number), f"{number:016x}", secrets.token_hex(8), secrets.token_urlsafe(32),
        f"{number}.{secrets.token_urlsafe(20)}",
    ]  # fmt: skip


def guess(bots: Bots, browser: Browser, first: int, last: int) -> dict[str, int]:
    """Try ids, links and names; returns how often something was found at which address."""
    app, slugs = bots.world.app, bots.world.slugs
    rules = [rule for rule in _rules(app, "GET") if rule.arguments & set(GUESSED)]
    hits: Counter[str] = Counter()
    for number in range(first, last):
        for rule, word in itertools.product(rules, guesses(number)):
            values = dict.fromkeys(GUESSED, word) | {"slug": slugs[number % len(slugs)]}
            values |= {"name": "organisation", "kind": "atom", "act": "deactivate"}
            wanted = {name: text for name, text in values.items() if name in rule.arguments}
            path = _built(app, rule, wanted)
            if path != "/" and browser.get(path).status == 200:
                hits[rule.rule] += 1
    for slug in ("school-of-secrets", "school-of-secrets-2", "draft", "admin"):
        for part in ("", "/fact-sheet", "/past-partners"):
            hits[f"/partners/{slug}{part}"] += browser.get(f"/partners/{slug}{part}").status == 200
    return {path: count for path, count in hits.items() if count}


def hammer(bots: Bots, times: int) -> int:
    """Try passwords on people's addresses from one network; returns how often it was refused."""
    browser = bots.browser(9_000)
    form = Forms("", browser.get("/account/sign-in").text).found[-1]
    token = {"csrf_token": form.values.get("csrf_token", "")}
    refused = 0
    for number in range(times):
        address = bots.world.addresses()[number % len(bots.world.marks)]
        values = token | {"email": address, "password": f"summer of {number}"}
        refused += browser.ask("POST", "/account/sign-in", values).status == 429
    return refused


QUESTIONS = ("sign-in", "register", "forgot", "invite", "signatory", "wrong-fact")


MOST_FROM_ONE = 5
"""An account may not invite many in an hour."""


def told_apart(bots: Bots, pairs: int) -> tuple[set[str], dict[str, dict[str, list[float]]]]:
    """Return which questions get other answers for an address with an account than without one.

    Work that takes long enough to be measured from afar, which is that with passwords, counts as
    part of the answer. Also returns the seconds that each answer took.
    """
    world, differing = bots.world, set[str]()
    seconds: dict[str, dict[str, list[float]]] = {}
    every, bots.every = bots.every, 0  # the people's passwords are not to be counted
    number, owner = bots.accounts[0]
    slug = next(slug for slug in sorted(bots.made) if f"qzspam{number:05d}" in slug)
    for kind in QUESTIONS:
        seconds[kind] = {"known": [], "unknown": []}
        said: dict[str, list[Any]] = {"known": [], "unknown": []}
        of_owner = kind in {"invite", "signatory"}
        for at in range(min(pairs, MOST_FROM_ONE) if of_owner else pairs):
            for which, said_so in said.items():
                address = world.addresses()[at + 1]
                if which == "unknown":
                    address = address.replace("box", "xob")
                browser = owner if of_owner else bots.browser(5_000 + at * 50)
                with (
                    mock.patch.object(passwords, "fits", wraps=passwords.fits) as fits,
                    mock.patch.object(passwords, "make_hash", wraps=passwords.make_hash) as make,
                ):
                    answer = _question(browser, kind, slug, address)
                seconds[kind][which].append(browser.seconds[-1])
                then = browser.get(answer.location) if answer.status == 303 else answer
                heads = (answer.status, _plain(answer.location), fits.call_count, make.call_count)
                said_so.append((*heads, _lines(then.text)))
        if said["known"] != said["unknown"]:
            differing.add(kind)
    bots.every = every
    return differing, seconds


def _question(browser: Browser, kind: str, slug: str, address: str) -> Answer:
    if kind == "sign-in":
        return browser.fill("/account/sign-in", email=address, password="some other words")
    if kind == "register":
        values = {"name": "Somebody", "email": address, "password": PASSWORD}
        return browser.fill("/account/register", **values)
    if kind == "forgot":
        return browser.fill("/account/forgot", email=address)
    if kind == "wrong-fact":
        page = "/organisations/unclaimed-school/report"
        return browser.fill(page, message="This is wrong.", reply_to=address)
    page = f"/organisations/{slug}/members/{kind}"
    values = {"email": address, "name": "A head", "function": "head", "purpose": "Sign it",
              "role": "OrgEditor"}  # fmt: skip
    return browser.fill(page, **values)


def _plain(text: str) -> str:
    text = re.sub(r"(?:box|xob)\d{5}(@|%40)kept\.example", "ADDRESS", text)
    return re.sub(r"[0-9a-zA-Z_.-]{16,}|\b\d+\b", "ID", text)


def _lines(text: str) -> frozenset[str]:
    apart = re.sub(r">\s*<", ">\n<", _plain(text))
    return frozenset(line.strip() for line in apart.splitlines())


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
