"""What people come for, done in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, press

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

COUNT = "#results [data-count]"


def count(page: Page) -> int:
    """Return the number of partners that the page says it found."""
    found = re.search(r"[\d,.]+", page.locator(COUNT).inner_text())
    return int(re.sub(r"\D", "", found[0])) if found else 0


def test_results_follow_what_is_typed(open_page: Open) -> None:
    page = open_page("/partners")
    everything = count(page)
    name = page.locator("#results ol.results li").first.locator("h2 a, h3 a").first.inner_text()
    words = " ".join(name.split()[:2])

    page.locator("#q").press_sequentially(words, delay=30)

    expect(page.locator("#results ol.results").first).to_contain_text(name)
    expect(page).to_have_url(re.compile("q="))
    assert 0 < count(page) < everything
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value(words)


def test_a_filter_narrows_and_its_chip_widens_again(open_page: Open) -> None:
    page = open_page("/partners")
    everything = count(page)

    page.locator("#facet-country input[type=checkbox]").first.check()
    page.wait_for_url(lambda url: "country=" in url)
    expect(page.locator(COUNT)).not_to_contain_text(f"{everything:,} ")
    narrowed = count(page)
    assert 0 < narrowed < everything

    page.locator(".chips a, .chip a, a.chip").first.click()
    page.wait_for_url(lambda url: "country=" not in url)
    assert count(page) == everything


def test_a_result_leads_to_its_profile_and_back(open_page: Open) -> None:
    page = open_page("/partners")
    link = page.locator("#results ol.results li").first.locator("h2 a, h3 a").first
    name = link.inner_text()

    link.click()

    expect(page.locator("h1")).to_contain_text(name)
    page.go_back()
    expect(page.locator("#results ol.results")).to_contain_text(name)


def test_partners_are_chosen_and_compared(open_page: Open) -> None:
    page = open_page("/partners?claimed=yes")
    boxes = page.locator("[data-compare]")
    boxes.nth(0).check()
    boxes.nth(1).check()

    page.locator("[data-compare-bar] button").first.click()

    page.wait_for_url(lambda url: "/partners/compare?" in url)
    expect(page.locator("main table").first).to_be_visible()
    assert page.url.count("partner=") == 2


def test_the_language_is_switched_and_kept(open_page: Open) -> None:
    page = open_page("/partners?country=DE")

    page.locator("header [hreflang=de]").evaluate("link => link.closest('details').open = true")
    page.locator("header [hreflang=de]").click()

    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert "country=DE" in page.url
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_everything_can_be_reached_with_the_keyboard(open_page: Open) -> None:
    page = open_page("/partners")

    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#q")).to_be_focused()
    reached = tab_to(page, "#results ol.results h2 a, #results ol.results h3 a")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_contain_text(reached)


def tab_to(page: Page, selector: str, most: int = 150) -> str:
    """Press Tab until something of the selector has the focus; return its text."""
    for _press in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "query => { const e = document.activeElement;"
            " return e && e.matches(query) ? e.innerText : null; }",
            selector,
        )
        if focused is not None:
            return str(focused)
    raise AssertionError(f"{selector} can't be reached with {most} Tabs")


def test_the_focus_is_never_invisible(open_page: Open) -> None:
    page = open_page("/partners")
    for _press in range(25):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "() => { const e = document.activeElement;"
            " return [e, e.closest('label'), e.firstElementChild].some(e => { if (!e) return false;"
            " const s = getComputedStyle(e);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2"
            " || s.boxShadow !== 'none' || parseFloat(s.strokeWidth) >= 3; }); }"
        )
        assert shown, page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")


def test_a_slash_goes_to_the_search_and_escape_closes_the_menu(open_page: Open) -> None:
    page = open_page("/partners")
    page.locator("main").click(position={"x": 5, "y": 5})

    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()

    summary = page.locator("header details.pop > summary").first
    summary.click()
    expect(page.locator("header details.pop").first).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(page.locator("header details.pop").first).not_to_have_attribute("open", "")


def test_searching_and_filtering_work_without_scripts(open_page: Open) -> None:
    page = open_page("/partners", scripts=False)
    everything = count(page)

    page.locator("#q").fill("school")
    page.locator("#q").press("Enter")
    assert "q=school" in page.url
    assert 0 < count(page) < everything

    page.goto("/partners")
    page.locator("#facet-country input[type=checkbox]").first.check()
    page.locator("[data-script-off] button").click()
    assert "country=" in page.url
    assert 0 < count(page) < everything


def test_comparing_works_without_scripts(open_page: Open) -> None:
    page = open_page("/partners", scripts=False)
    boxes = page.locator("[data-compare]")
    boxes.nth(0).check()
    boxes.nth(1).check()

    page.locator("[data-compare-bar] button").first.click()

    expect(page.locator("main table").first).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_own_profile_is_edited_and_seen_by_everybody(scripts: bool, open_page: Open) -> None:
    mark = "with" if scripts else "without"
    page = open_page("/organisations/", as_="member", scripts=scripts)
    edit = page.locator("a[href*='/partners/'][href$='/edit']")
    if not edit.count():
        page.locator("main article a[href^='/organisations/']").first.click()
    address = str(edit.first.get_attribute("href"))
    page.goto(address)
    text = page.locator("main form textarea").first
    text.fill(f"Changed {mark} scripts.")
    page.locator(
        "main form:has(textarea) button[type=submit], main form:has(textarea) button"
    ).last.click()
    page.wait_for_url(lambda url: not url.endswith("/edit"))

    stranger = open_page(address.removesuffix("/edit"))

    expect(stranger.locator("main")).to_contain_text(f"Changed {mark} scripts.")


def test_a_wrong_password_keeps_the_address_and_says_so(open_page: Open) -> None:
    page = open_page("/account/sign-in")
    page.locator("main input[name=email]").fill("member@demo.example")
    page.locator("main input[name=password]").fill("not the password")
    page.locator("main form:has(input[name=password]) button").last.click()

    expect(page.locator("main input[name=email]")).to_have_value("member@demo.example")
    expect(
        page.locator("main [role=alert], main .errors, main .error-summary").first
    ).to_be_visible()


def test_a_page_for_others_sends_to_sign_in_and_back(open_page: Open) -> None:
    page = open_page("/organisations/new")
    assert "/account/sign-in" in page.url
    assert "next=" in page.url


def test_what_a_search_does_not_find_is_answered_with_a_way_on(open_page: Open) -> None:
    page = open_page("/partners?q=zzzzqqqq&country=DE")

    assert page.locator("main a").count() > 0
    expect(page.locator("h1")).to_be_visible()


def test_the_language_of_a_name_is_marked(open_page: Open) -> None:
    page = open_page("/partners")

    assert page.locator("#results ol.results [lang]").count() > 0


def decide(open_page: Open, address: str, button: str) -> None:
    """Let the reviewer take a step on a page that the tasks lead to."""
    page = open_page("/tasks", as_="reviewer")
    page.locator(f'main a[href="{address}"]').click()
    press(page, button)
    expect(page.get_by_text("Done.")).to_be_visible()


def test_a_newcomer_is_published_by_a_reviewer_and_changes_a_promise(open_page: Open) -> None:
    name = "Story School of Publishing"
    page = open_page("/organisations/new", as_="member")
    page.locator("main [name=name]").fill(name)
    page.locator("main [name=country]").select_option("DE")
    press(page, "Add the organisation")
    page.get_by_role("link", name="Publish the profile").click()
    publication = page.url.partition("//")[2].partition("/")[2]
    slug = publication.split("/")[1]
    public = open_page(f"/partners/{slug}")
    expect(public.locator("h1")).to_contain_text("nothing here")

    page.get_by_role("link", name="Fill it in").click()
    page.locator("[name=roles][value=host]").check()
    page.locator("[name=summary_1]").fill("Wir bilden aus.")
    page.locator("[name=language_1]").select_option("de")
    for summary in page.locator("details.fold summary").all():
        summary.click()
    page.locator("[name=fields][value='071']").check()
    page.locator("[name=tag_1]").select_option("de")
    page.locator("[name=commitments][value=safety]").check()
    press(page, "Save the profile")
    page.goto(f"/{publication}")
    page.locator("[name=agree]").check()
    press(page, "Submit for review")
    decide(open_page, f"/{publication}", "Publish")
    public.goto(f"/partners?q={name.replace(' ', '+')}")
    expect(public.locator("#results ol.results").first).to_contain_text(name)

    page.goto(f"/partners/{slug}/edit")
    page.locator("details.fold summary", has_text="Quality promises").click()
    page.locator("[name=commitments][value=recognition]").check()
    press(page, "Save the profile")
    page.locator("[name=agree]").check()
    press(page, "Submit the change")
    public.goto(f"/partners/{slug}")
    promises = public.locator("#promises li")
    expect(promises).to_have_count(1)
    decide(open_page, f"/{publication}", "Publish the change")
    public.reload()
    expect(promises).to_have_count(2)
