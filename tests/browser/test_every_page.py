"""Every page for every kind of visitor: accessible in both schemes, and whole on a narrow screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.routing import Rule

from portal import db
from portal.app import create_app
from portal.config import Config
from portal.web import access
from tests.browser.conftest import Open, Site
from tests.factories import post

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
VISITORS = ("", "member", "reviewer", "admin")
SPECIAL = (
    "/partners?q=zzzzqqqq",
    "/partners?q=school&country=DE",
    "/partners?page=2",
    "/nothing-here",
    "/account/verify/wrong-token",
    "/account/reset/wrong-token",
)
MOST = 2_000


@pytest.fixture(scope="module")
def addresses(demo_instance: Path) -> Iterator[dict[str, list[str]]]:
    """One address of each page, by visitor: found by following the links of the site."""
    app = create_app(Config(instance=str(demo_instance), testing=True))
    password = (demo_instance / "demo-password").read_text(encoding="ascii").strip()
    clients = {}
    for name in VISITORS:
        clients[name] = client = app.test_client()
        if name:
            answer = post(
                client, "/account/sign-in", email=f"{name}@demo.example", password=password
            )
            assert answer.status_code == 303
    fill(clients)
    yield {name: crawl(app, client) for name, client in clients.items()}
    db.database.close()


def fill(clients: dict[str, FlaskClient]) -> None:
    """Make what the demonstration has none of, so that its pages are looked at too."""
    admin, member = clients["admin"], clients["member"]
    mail = {"kind": "mail", "to": "OrgAdmin", "subject": "%(title)s", "text": "%(url)s"}
    rule = {**mail, **{f"{name}2": text for name, text in mail.items()}, "kind2": "notify"}
    rule |= {"event": "member.added", "matching": "all", "title": "A rule with two acts"}
    hook = {"title": "A desk", "url": "https://hooks.example.org/in"}
    token = {"name": "a timetable", "scope": "read", "organisation": "", "days": "30"}
    for answer in (
        post(admin, "/setup/rules/new", **rule),
        post(admin, "/setup/webhooks/new", **hook),
        post(member, "/account/tokens", **token),
    ):
        assert answer.status_code in {200, 303}, answer.text
    school = next(
        link
        for link in re.findall(
            r'href="(/organisations/[^"/]+)"', member.get("/organisations/").text
        )
        if link != "/organisations/new"
    )
    people = {"email": "reviewer@demo.example", "role": "OrgEditor"}
    answer = post(member, f"{school}/members", school, **people)
    assert answer.status_code == 303, answer.text


def crawl(app: Flask, client: FlaskClient) -> list[str]:
    """Follow links from the first page; return one address for each rule that answers a page."""
    waiting = ["/", *own_addresses(app)]
    seen: set[str] = set(waiting)
    kept: dict[str, str] = {}
    while waiting and len(seen) < MOST:
        address = waiting.pop(0)
        rule = rule_of(app, address)
        if rule is None or rule.rule in kept:
            continue
        answer = client.get(address)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        kept[rule.rule] = address
        for link in re.findall(r'href="(/[^"#]*)[#"]', answer.text):
            link = link.replace("&amp;", "&")
            if link not in seen and "lang=" not in link:
                seen.add(link)
                waiting.append(link)
    return [*kept.values(), *SPECIAL]


def own_addresses(app: Flask) -> list[str]:
    """Return the addresses without parameters: those that no link leads to as well."""
    return [
        row.rule
        for row in access.table(app)
        if row.method == "GET" and "<" not in row.rule and not row.rule.startswith("/api/")
    ]


def rule_of(app: Flask, address: str) -> Rule | None:
    try:
        rule, _values = app.url_map.bind("localhost").match(
            address.split("?")[0], method="GET", return_rule=True
        )
    except Exception:
        return None
    return None if rule.endpoint.startswith(("files.", "api.")) else rule


def test_the_walk_reaches_the_pages_that_matter(addresses: dict[str, list[str]]) -> None:
    guest = " ".join(addresses[""])
    for part in ("/partners", "/partners/compare", "/partners/map", "/account/sign-in", "/access"):
        assert part in guest
    assert any(re.fullmatch(r"/partners/[\w-]{6,}", address) for address in addresses[""])
    assert any(address.endswith("/edit") for address in addresses["member"])
    admin = addresses["admin"]
    for part in ("", "plugins", "add-ons", "settings/portal", "people", "audit", "health"):
        assert f"/setup/{part}" in admin
    assert any(re.fullmatch(r"/setup/add-ons/\w+/\w+", address) for address in admin)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("visitor", VISITORS)
def test_every_page_is_accessible(
    visitor: str, scheme: Any, addresses: dict[str, list[str]], open_page: Open
) -> None:
    page = open_page("/", as_=visitor, color_scheme=scheme, bypass_csp=True)
    wrong = {}

    for address in own(addresses, visitor):
        page.goto(address)
        found = violations(page)
        if found:
            wrong[address] = found

    assert wrong == {}


def own(addresses: dict[str, list[str]], visitor: str) -> list[str]:
    """Return a visitor's pages; those that guests see too are looked at as a guest."""
    if not visitor:
        return addresses[""]
    return [address for address in addresses[visitor] if address not in addresses[""]] + ["/"]


def violations(page: Page) -> list[str]:
    results = Axe().run(page, options={"runOnly": TAGS, "resultTypes": ["violations"]})
    return [
        f"{item['id']}: {node['html'][:160]} {node.get('failureSummary', '')[-160:]}"
        for item in results.response["violations"]
        for node in item["nodes"][:3]
    ]


def test_a_fault_would_be_found(open_page: Open) -> None:
    page = open_page("/access", bypass_csp=True)
    page.evaluate("() => { document.querySelector('h1').style.color = '#fdfdfd'; }")

    assert "color-contrast" in " ".join(violations(page))


@pytest.mark.parametrize("visitor", VISITORS)
def test_no_page_is_wider_than_a_narrow_screen(
    visitor: str, addresses: dict[str, list[str]], open_page: Open
) -> None:
    page = open_page("/", as_=visitor, width=320, height=640)
    if visitor:  # in the longest language, in which guests see theirs below
        page.goto("/?lang=de")
    wrong = []

    for address in own(addresses, visitor):
        page.goto(address)
        width = page.evaluate("() => document.documentElement.scrollWidth")
        if width > 320:
            widest = page.evaluate(
                "() => [...document.querySelectorAll('main *, header *, footer *')]"
                ".filter(e => e.getBoundingClientRect().right > 321)"
                ".slice(0, 3).map(e => e.outerHTML.slice(0, 120))"
            )
            wrong.append((address, width, widest))

    assert wrong == []


def test_pages_in_the_longest_language_fit_a_narrow_screen(
    addresses: dict[str, list[str]], open_page: Open, site: Site
) -> None:
    page = open_page("/?lang=de", width=320, height=640)
    wrong = []

    for address in addresses[""]:
        page.goto(address)
        width = page.evaluate("() => document.documentElement.scrollWidth")
        if width > 320:
            wrong.append((address, width))

    assert wrong == []
