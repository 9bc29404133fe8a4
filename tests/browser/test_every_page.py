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

from plugins.notices import interface as notices
from portal import db
from portal.app import create_app
from portal.config import Config
from portal.people.models import Account
from portal.web import access
from tests.browser.conftest import Open
from tests.factories import clocked, post

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AXE = Axe().axe_script
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
    unsent = fill(clients)
    with app.app_context():
        tell(app)
    found = {name: crawl(app, client) for name, client in clients.items()}
    found["member"].append(unsent)
    yield found
    db.database.close()


def fill(clients: dict[str, FlaskClient]) -> str:
    """Make what the demonstration has none of, so that its pages are looked at too.

    Returns the address of a draft, which no link leads to once it was seen.
    """
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
    draft = {"_form": "step", "_path": "/workflow/claims_case/1/accept", "comment": "As agreed."}
    answer = post(member, "/drafts", "/organisations/new", **draft)
    assert answer.status_code == 200, answer.text
    return f"/drafts/{answer.json['id']}"


def tell(app: Flask) -> None:
    """Let each account have a notice that was not read."""
    for name in filter(None, VISITORS):
        account = Account.get(Account.email == f"{name}@demo.example")
        notices.notify(clocked(app), account.id, "claims.decided", "A case was decided.", url="/")


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
    for one in (r"add-ons/\w+/\w+", r"rules/[\w-]+", r"rules/[\w-]+/try", r"webhooks/[\w-]{8,}"):
        assert any(re.fullmatch(f"/setup/{one}", address) for address in admin), one


SCHEMES = [
    *((visitor, "light") for visitor in VISITORS),
    ("reviewer", "dark"),
    *(pytest.param(one, "dark", marks=pytest.mark.full) for one in ("", "member", "admin")),
]


@pytest.mark.parametrize(("visitor", "scheme"), SCHEMES)
def test_every_page_is_accessible_and_fits_a_narrow_screen(
    visitor: str, scheme: Any, addresses: dict[str, list[str]], open_page: Open
) -> None:
    page = open_page("/", as_=visitor, color_scheme=scheme, bypass_csp=True)
    if visitor:  # in the longest language, in which guests see theirs below
        page.goto("/?lang=de")
    wrong = {}

    for address in own(addresses, visitor):
        page.goto(address)
        found = violations(page)
        page.set_viewport_size(NARROW)
        found += too_wide(page)
        page.set_viewport_size(WIDE)
        if found:
            wrong[address] = found

    assert wrong == {}


NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 900}


def too_wide(page: Page) -> list[str]:
    """Return what stands out of a page that is wider than the screen."""
    if page.evaluate("() => document.documentElement.scrollWidth") <= 320:
        return []
    widest: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('main *, header *, footer *')]"
        ".filter(e => e.getBoundingClientRect().right > 321)"
        ".slice(0, 3).map(e => e.outerHTML.slice(0, 120))"
    )
    return ["wider than the screen", *widest]


def own(addresses: dict[str, list[str]], visitor: str) -> list[str]:
    """Return a visitor's pages; those that others see too are looked at as the first of them."""
    if not visitor:
        return addresses[""]
    before = {one for name in VISITORS[: VISITORS.index(visitor)] for one in addresses[name]}
    return [address for address in addresses[visitor] if address not in before] + ["/"]


def violations(page: Page) -> list[str]:
    """Return what is hard to reach on a page."""
    options = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}
    page.evaluate(f"{AXE}; null")
    found = page.evaluate(
        "options => axe.run(document, options).then(all => all.violations)", options
    )
    return [
        f"{item['id']}: {node['html'][:160]} {node.get('failureSummary', '')[-160:]}"
        for item in found
        for node in item["nodes"][:3]
    ]


@pytest.mark.parametrize("part", ["main h1", "footer nav a"])
def test_a_fault_would_be_found(part: str, open_page: Open) -> None:
    page = open_page("/access", bypass_csp=True)
    page.evaluate(
        "part => { document.querySelector(part).style.cssText = 'color: #fdfdfd; background: #fff'; }",
        part,
    )

    assert "color-contrast" in " ".join(violations(page))


KEYBOARD = {
    "member": (
        "/tokens",
        "/revoke",
        "/notices",
        "/publication",
        "/versions/",
        "/sharing/",
        "/edit",
    ),
    "reviewer": ("/tasks", "/publication", "/account/notices"),
    "admin": ("/setup/rules", "/setup/webhooks", "/setup/add-ons", "/setup/workflows"),
}
WATCH = """() => {
  window.seen = new Set();
  document.addEventListener('focusin', event => {
    const e = event.target;
    const marks = [e, e.closest('label'), e.firstElementChild].filter(Boolean);
    e.marked = marks.map(one => getComputedStyle(one)).some(s =>
      s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2
      || s.boxShadow !== 'none' || parseFloat(s.strokeWidth) >= 3);
    window.seen.add(e);
  });
}"""
LEFT = """() => {
  const wanted = [...document.querySelectorAll(
    'main a[href], main button, main input, main select, main textarea, main summary')];
  const name = e => e.outerHTML.slice(0, 120);
  const group = e => e.type === 'radio'
    && [...window.seen].some(one => one.type === 'radio' && one.name === e.name);
  const open = e => e.checkVisibility({visibilityProperty: true}) && e.type !== 'hidden'
    && !e.disabled && !(e.tabIndex < 0 && e.ariaHidden === 'true');
  return [...wanted.filter(e => open(e) && !window.seen.has(e) && !group(e)).map(name),
    ...[...window.seen].filter(e => !e.marked).map(e => 'its focus is not seen: ' + name(e))];
}"""


@pytest.mark.full
@pytest.mark.parametrize("visitor", KEYBOARD)
def test_all_of_a_page_is_reached_with_the_keyboard_and_seen(
    visitor: str, addresses: dict[str, list[str]], open_page: Open
) -> None:
    page = open_page("/", as_=visitor, reduced_motion="reduce")
    parts = KEYBOARD[visitor]
    chosen = [one for one in addresses[visitor] if any(part in one for part in parts)]
    wrong = {}

    for address in chosen:
        page.goto(address)
        if left := missed(page):
            wrong[address] = left[:3]

    assert [part for part in parts if not any(part in one for one in chosen)] == []
    assert wrong == {}


def missed(page: Page) -> list[str]:
    """Press Tab through a page; return what was not reached, or reached without being seen."""
    page.evaluate(WATCH)
    for _press in range(page.locator("a, button, input, select, textarea, summary").count()):
        page.keyboard.press("Tab")
    found: list[str] = page.evaluate(LEFT)
    return found


@pytest.mark.parametrize(
    "fault", ["e.tabIndex = -1", "e.style.outline = e.style.boxShadow = 'none'"]
)
def test_what_the_keyboard_misses_would_be_found(fault: str, open_page: Open) -> None:
    page = open_page("/account/sign-in")
    assert missed(page) == []
    page.evaluate(f"() => {{ const e = document.querySelector('main a'); {fault}; }}")

    assert len(missed(page)) == 1


def test_pages_of_guests_fit_a_narrow_screen_in_the_longest_language(
    addresses: dict[str, list[str]], open_page: Open
) -> None:
    page = open_page("/?lang=de", width=320, height=640)
    wrong = {}

    for address in addresses[""]:
        page.goto(address)
        if found := too_wide(page):
            wrong[address] = found

    assert wrong == {}


def test_what_is_too_wide_would_be_found(open_page: Open) -> None:
    page = open_page("/access", width=320, height=640)
    assert too_wide(page) == []
    page.evaluate("() => { document.querySelector('h1').style.minWidth = '50rem'; }")

    assert too_wide(page)[0] == "wider than the screen"
