"""What robots find out: they look round as visitors, guess ids and links, ask about addresses."""

from __future__ import annotations

import itertools
import re
import secrets
from collections import Counter, deque
from collections.abc import Callable
from html import unescape
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from portal.people import passwords
from tests.factories import PASSWORD
from tests.reliability.bots import HUMAN_NETWORK, SPAM, Bots
from tests.reliability.browsing import GUESSED, Answer, Browser, Forms, built, pages, rules_with

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
        browser.after = bots.count
        start = [*SEARCHES, "/account/", "/welcome", "/tasks", "/organisations/", "/account/data"]
        start += pages(world.app, [*world.slugs[:5], world.secret.slug])
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
    rules = [rule for rule in rules_with(app, "GET") if rule.arguments & set(GUESSED)]
    hits: Counter[str] = Counter()
    for number in range(first, last):
        for rule, word in itertools.product(rules, guesses(number)):
            values = dict.fromkeys(GUESSED, word) | {"slug": slugs[number % len(slugs)]}
            values |= {"name": "organisation", "kind": "atom", "act": "deactivate"}
            wanted = {name: text for name, text in values.items() if name in rule.arguments}
            path = built(app, rule, wanted)
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
