"""A place at a round table: registered for, changed and given back with the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.keyboard import Person, mailed_link
from tests.browser.stories import site_of, visited
from tests.factories import clocked, make_account
from tests.plugins.partners.conftest import store_partner
from tests.plugins.roundtables.conftest import make_series
from tests.reliability.storm import Portal

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.full]

EMAIL = "anna@mail.example"
SLOWER_THAN_A_PROGRAM = 3_500
"""Milliseconds."""
TABLES = ({"topic": "Recognition", "capacity": 15}, {"topic": "Access", "capacity": 15})


@pytest.fixture
def site(any_url: str, tmp_path: Path) -> Portal:
    """A portal whose host invites to two round tables."""
    return site_of(tmp_path, any_url, tables)


def tables(app: Flask) -> None:
    """Make the host and its round tables."""
    profile = {"fields": ["072"], "roles": ["host"], "languages": [["en", "fluent"]]}
    admin = make_account(app, name="Host")
    host = store_partner(app, "School of Riga", "LV", admin=admin, profile=profile)
    make_series(clocked(app), host, TABLES)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_somebody_registers_by_keyboard_on_a_narrow_screen(
    site: Portal, browser: Browser, scripts: bool
) -> None:
    with visited(site, browser) as somebody, somebody(scripts=scripts) as anna:
        register(anna)
        anna.open(mailed_link(site.folder, EMAIL, "/round-tables/my/"))
        confirm(anna)
        change(anna)
        withdraw(anna)


def register(person: Person) -> None:
    """Find the series from the first page, and confirm an interest; a slip keeps what was typed."""
    person.open("/")
    person.unfold("Menu")
    person.go("Round tables")
    person.go("Mobility that counts")
    person.go("Confirm your interest")
    person.select("choice1", "2")
    person.select("choice2", "1")
    person.write("name", "Anna Example")
    person.write("email", EMAIL)
    person.write("employer", "Bakery of Riga")
    person.select("group_country", "Latvia")
    person.write("needs", "Captions, please.")
    person.page.wait_for_timeout(SLOWER_THAN_A_PROGRAM)
    person.send("Confirm your interest")
    person.sees("Without this we can't take up your interest.")
    assert person.field("employer").input_value() == "Bakery of Riga"
    person.tick("agrees", "")
    person.page.wait_for_timeout(SLOWER_THAN_A_PROGRAM)
    person.send("Confirm your interest")
    person.sees(EMAIL)


def confirm(person: Person) -> None:
    """Press the one button that the mailed link leads to."""
    person.sees("Not confirmed yet")
    person.send("Confirm")
    person.sees("Your interest is confirmed")


def change(person: Person) -> None:
    """Change the order of the choices, and say no more of a group."""
    person.go("Change it")
    person.select("choice1", "1")
    person.select("choice2", "2")
    person.send("Save")
    person.sees("Your changes are saved.")


def withdraw(person: Person) -> None:
    """Take the interest back."""
    person.unfold("Withdraw")
    person.send("Withdraw")
    person.sees("You withdrew")
