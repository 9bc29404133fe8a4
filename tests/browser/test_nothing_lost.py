"""Nothing typed is lost and nothing is done twice, in a real browser, with the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def own_edit(page: Page) -> str:
    """Open the form of the person's own organisation; return its address."""
    page.goto("/organisations/")
    found = page.locator("article.card h2 a").first.get_attribute("href")
    page.goto(f"{found}edit")
    return f"{found}edit"


def type_into(page: Page, field: str, text: str) -> None:
    page.locator(f"main [name={field}]").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    """Press a button with the keyboard."""
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_typed_text_survives_an_expired_session(open_page: Open, site: Site, scripts: bool) -> None:
    page = open_page("/organisations/new", as_="member", scripts=scripts)
    name = f"School of expired sessions {scripts}"
    type_into(page, "name", name)
    page.locator("main [name=country]").select_option("AT")
    page.context.clear_cookies(name="portal_session")
    press(page, "Add the organisation")

    page.wait_for_url(re.compile("/account/sign-in"))
    email, password = site.account("member")
    type_into(page, "email", email)
    type_into(page, "password", password)
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile("draft="))
    expect(page.locator("main [name=name]")).to_have_value(name)
    expect(page.locator("main [name=country]")).to_have_value("AT")
    press(page, "Add the organisation")
    expect(page.locator("h1")).to_contain_text(name)


def test_a_double_click_makes_one_organisation(open_page: Open) -> None:
    page = open_page("/organisations/new", as_="member")
    type_into(page, "name", "School of double clicks")
    page.locator("main [name=country]").select_option("AT")

    page.get_by_role("button", name="Add the organisation").dblclick()

    expect(page.locator("h1")).to_contain_text("School of double clicks")
    page.goto("/organisations/")
    expect(page.get_by_role("link", name="School of double clicks")).to_have_count(1)


def test_text_comes_back_after_the_page_was_left(open_page: Open) -> None:
    page = open_page("/", as_="member")
    address = own_edit(page)
    before = page.locator("main [name=city]").input_value()
    type_into(page, "city", "Autosaved town")
    expect(page.locator("form[data-draft-kept=yes]")).to_have_count(1)

    page.goto("/")
    page.goto(address)
    expect(page.locator("main [name=city]")).to_have_value(before)
    page.get_by_role("link", name="Use it").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main [name=city]")).to_have_value("Autosaved town")

    page.goto(address)
    press(page, "Discard it")
    expect(page.get_by_role("link", name="Use it")).to_have_count(0)
    press(page, "Undo")
    expect(page.get_by_role("link", name="Use it")).to_have_count(1)
    press(page, "Discard it")


def test_a_guests_text_stays_in_the_browser(open_page: Open) -> None:
    page = open_page("/partners?claimed=no")
    page.locator("#results ol.results h2 a, #results ol.results h3 a").first.click()
    slug = page.url.rsplit("/", 1)[1]
    page.goto(f"/organisations/{slug}/report")
    type_into(page, "message", "The town is wrong.")
    expect(page.locator("form[data-draft-kept=here]")).to_have_count(1)

    page.goto("/")
    page.goto(f"/organisations/{slug}/report")
    expect(page.locator("main [name=message]")).to_have_value("")
    press(page, "Use it")
    expect(page.locator("main [name=message]")).to_have_value("The town is wrong.")
    press(page, "Report the fact")
    page.wait_for_url(re.compile("/receipts/"))

    page.goto(f"/organisations/{slug}/report")
    expect(page.get_by_role("button", name="Use it")).to_be_hidden()


def test_two_people_edit_the_same_and_both_texts_are_kept(open_page: Open) -> None:
    fast, slow = open_page("/", as_="member"), open_page("/", as_="member")
    own_edit(fast)
    own_edit(slow)
    type_into(fast, "city", "Fast town")
    press(fast, "Save the changes")
    expect(fast.locator(".toast")).to_be_visible()
    type_into(slow, "city", "Slow town")
    type_into(slow, "website", "https://slow.example")
    press(slow, "Save the changes")

    expect(slow.locator("h1")).to_have_text("Two people changed this")
    for text in ("Fast town", "Slow town", "https://slow.example"):
        expect(slow.locator("main")).to_contain_text(text)
    slow.locator("[name=city][value='Slow town']").focus()
    slow.keyboard.press("ArrowDown")
    press(slow, "Save what I chose")

    expect(slow.locator("main")).to_contain_text("Fast town")
    expect(slow.locator("main")).to_contain_text("https://slow.example")


def test_an_older_version_is_brought_back(open_page: Open) -> None:
    page = open_page("/", as_="member")
    address = own_edit(page)
    before = page.locator("main [name=city]").input_value()
    type_into(page, "city", "Wrong town")
    press(page, "Save the changes")
    page.get_by_role("link", name="Versions").focus()
    page.keyboard.press("Enter")

    expect(page.locator("main table")).to_contain_text("Wrong town")
    page.get_by_role("button", name="Bring back version").first.focus()
    page.keyboard.press("Enter")

    expect(page.locator(".toast")).to_contain_text("is back")
    page.goto(address)
    expect(page.locator("main [name=city]")).to_have_value(before)


def test_hiding_is_undone_without_scripts(open_page: Open) -> None:
    page = open_page("/", as_="member", scripts=False)
    page.goto(own_edit(page).removesuffix("edit"))
    press(page, "Hide the organisation")
    expect(page.locator("main")).to_contain_text("Nobody else sees this organisation")

    press(page, "Undo")

    expect(page.get_by_role("button", name="Hide the organisation")).to_be_visible()
