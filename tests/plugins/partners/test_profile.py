"""The public profile: claimed, unclaimed, made up, hidden, moved; page, sheet, API."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.directory.service import note_facts
from portal.i18n import SHIPPED
from portal.organisations.models import (
    Organisation,
    OrganisationFormerSlug,
    OrganisationIdentifier,
    Source,
)
from tests.factories import NOON, clocked, make_account, sign_in
from tests.plugins.partners.conftest import MakePartner, store_partner
from tests.visiting import Visitor

SOURCE = Source(key="list", title="The public list", licence="CC BY 4.0")
PROFILE: dict[str, Any] = {
    "roles": ["host", "sending"],
    "fields": ["0715"],
    "languages": [["de", "native"], ["en", "B2"]],
    "group_min": 2,
    "group_max": 12,
    "stay_min_weeks": 2,
    "stay_max_weeks": 4,
    "months": [1, 2],
    "accompanying_max": 2,
    "accompanying_free": 1,
    "services": [
        {
            "kind": "meals",
            "fee_cents": 1250,
            "per": "person",
            "includes": ["mentoring"],
            "note": "Ohne Fleisch",
        }
    ],
    "summaries": {"de": "Wir bauen Boote.", "en": "We build boats."},
    "original": "de",
}


def sourced(app: Flask, organisation: Organisation, **facts: str) -> None:
    with app.app_context():
        note_facts(clocked(app), organisation.id, facts, SOURCE)


def json_ld(page: str) -> Any:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(text) for text in found]


@pytest.fixture
def claimed(partner: MakePartner) -> Organisation:
    return partner(
        "Bootsbau Bonn",
        city="Bonn",
        state="claimed",
        promises={"inclusion": "2026-01-02"},
        profile=PROFILE,
    )


# Claimed


@pytest.mark.parametrize(
    "text",
    [
        "Host, Sending",
        "Mechanics and metal trades",
        "German, English (B2)",
        "2 to 12 participants",
        "2 to 4 weeks",
        "Jan, Feb",
        "up to 2 persons, 1 of them without charge",
        "Meals",
        "€12.50 per person",
        "Mentoring",
        "promised on 2 Jan 2026",
    ],
)
def test_claimed_profile_tells_what_it_offers(
    client: FlaskClient, claimed: Organisation, text: str
) -> None:
    for path in ("", "/fact-sheet"):
        page = client.get(f"/partners/{claimed.slug}{path}")
        assert page.status_code == 200
        assert text in page.text


def test_what_nobody_said_is_not_stated_yet(client: FlaskClient, partner: MakePartner) -> None:
    page = client.get(f"/partners/{partner(state='claimed').slug}").text
    assert "not stated yet" in page
    assert "None" not in re.sub("<[^>]+>", "", page)


def test_claimed_profile_is_not_offered_for_claiming(
    client: FlaskClient, claimed: Organisation
) -> None:
    assert "is this you?" not in client.get(f"/partners/{claimed.slug}").text


@pytest.mark.parametrize(
    ("reader", "first"),
    [("de", "Wir bauen Boote."), ("en", "We build boats."), ("lv", "Wir bauen")],
)
def test_reader_s_language_comes_first_then_the_original(
    client: FlaskClient, claimed: Organisation, reader: str, first: str
) -> None:
    page = client.get(f"/partners/{claimed.slug}?lang={reader}").text
    intro = re.search(r'<p class="intro" lang="(\w+)">([^<]+)', page)
    assert intro
    assert intro[2].startswith(first)
    assert intro[1] == ("en" if reader == "en" else "de")


def test_every_text_says_its_language_and_the_original_is_marked(
    client: FlaskClient, claimed: Organisation
) -> None:
    page = client.get(f"/partners/{claimed.slug}?lang=en").text
    assert re.search(r'<p lang="de">Wir bauen Boote.</p>', page)
    assert re.search(r'<p class="intro" lang="en">We build boats.</p>', page)
    assert re.search(r"<h3>German <span[^>]*>.*?original", page)
    assert not re.search(r"<h3>English <span", page)
    assert "Translation; the original is below." in page


def test_text_without_an_original_is_no_translation(
    client: FlaskClient, partner: MakePartner
) -> None:
    made = partner(profile={"summaries": {"de": "Wir bauen Boote."}, "original": ""})
    page = client.get(f"/partners/{made.slug}").text
    assert "Wir bauen Boote." in page
    assert "Translation" not in page


# Unclaimed


@pytest.fixture
def entry(app: Flask, partner: MakePartner) -> Organisation:
    made = partner("Escuela de Vigo", "ES")
    sourced(app, made, name="ESCUELA DE VIGO", granted="150000", accredited_projects="3")
    return made


def test_unclaimed_entry_shows_facts_with_their_source(
    client: FlaskClient, entry: Organisation
) -> None:
    page = client.get(f"/partners/{entry.slug}").text
    assert "ESCUELA DE VIGO" in page
    assert "€1,500" in page
    assert page.count("The public list") >= 3


def test_unclaimed_entry_offers_claim_removal_and_correction(
    client: FlaskClient, entry: Organisation
) -> None:
    page = client.get(f"/partners/{entry.slug}").text
    for what in ("claim", "remove", "report"):
        assert f'href="/organisations/{entry.slug}/{what}"' in page


def test_unclaimed_entry_promises_nothing_and_takes_no_enquiry(
    client: FlaskClient, entry: Organisation
) -> None:
    page = client.get(f"/partners/{entry.slug}").text
    main = page.split("<main")[1].split("</main>")[0]
    assert "Quality promises" not in main
    assert "<form" not in main


def test_about_the_data_names_source_licence_and_number_of_facts(
    client: FlaskClient, entry: Organisation
) -> None:
    page = client.get("/about-the-data").text
    assert "The public list" in page
    assert "CC BY 4.0" in page
    assert "<dd>3</dd>" in page


# Made up


@pytest.fixture
def fantasia(partner: MakePartner) -> Organisation:
    return partner("Fantasia", "AT", is_fictional=True, profile=PROFILE)


@pytest.mark.parametrize("path", ["", "/fact-sheet"])
def test_made_up_partner_says_so_on_top(
    client: FlaskClient, fantasia: Organisation, path: str
) -> None:
    page = client.get(f"/partners/{fantasia.slug}{path}").text
    assert "this organisation and its texts are made up." in page
    assert "tag-demo" in page


def test_made_up_partner_is_marked_where_partners_are_compared(
    client: FlaskClient, fantasia: Organisation
) -> None:
    page = client.get(f"/partners/compare?partner={fantasia.slug}").text
    assert "tag-demo" in page
    assert "made up" in page


def test_made_up_partner_is_marked_in_files(client: FlaskClient, fantasia: Organisation) -> None:
    assert client.get("/partners.json").json[0]["Demonstration"] == "demonstration"


@pytest.mark.parametrize("path", ["/partners", "/partners/{slug}"])
def test_made_up_partner_is_marked_for_programs(
    client: FlaskClient, fantasia: Organisation, path: str
) -> None:
    body = client.get("/api/v1" + path.format(slug=fantasia.slug)).json
    assert body.get("items", [body])[0]["demonstration"] is True


def test_made_up_partner_is_not_described_for_search_engines(
    client: FlaskClient, fantasia: Organisation
) -> None:
    assert json_ld(client.get(f"/partners/{fantasia.slug}").text) == []


def test_made_up_partner_can_not_be_claimed(
    app: Flask, client: FlaskClient, fantasia: Organisation
) -> None:
    assert "/claim" not in client.get(f"/partners/{fantasia.slug}").text
    person = sign_in(app.test_client(), make_account(app))
    assert person.get(f"/organisations/{fantasia.slug}/claim").status_code == 403


# Hidden, moved, missing


@pytest.mark.parametrize(
    "path", ["/partners/{}", "/partners/{}/fact-sheet", "/api/v1/partners/{}", "/partners/{}/edit"]
)
def test_hidden_partner_looks_like_a_missing_one(
    app: Flask, partner: MakePartner, path: str
) -> None:
    hidden = partner("Gone", hidden_at=NOON)
    client = sign_in(app.test_client(), make_account(app))
    client.get("/")  # which says welcome, once
    answers = [client.get(path.format(slug)) for slug in (hidden.slug, "missing")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace(hidden.slug, "missing") == answers[1].text


def test_hidden_partner_is_not_found(client: FlaskClient, partner: MakePartner) -> None:
    partner("Gone", hidden_at=NOON)
    assert client.get("/api/v1/partners?q=gone").json["total"] == 0


@pytest.mark.parametrize("path", ["", "/fact-sheet"])
def test_former_address_leads_to_the_new_one(
    app: Flask, client: FlaskClient, claimed: Organisation, path: str
) -> None:
    with app.app_context():
        OrganisationFormerSlug.insert(slug="old", organisation=claimed.id).execute()
    answer = client.get(f"/partners/old{path}")
    assert answer.status_code == 301
    assert answer.location == f"/partners/{claimed.slug}{path}"


def test_former_address_of_a_hidden_partner_leads_nowhere(
    app: Flask, client: FlaskClient, partner: MakePartner
) -> None:
    hidden = partner("Gone", hidden_at=NOON)
    with app.app_context():
        OrganisationFormerSlug.insert(slug="old", organisation=hidden.id).execute()
    assert client.get("/partners/old").status_code == 404


# For programs


def test_real_partner_is_described_for_search_engines(
    app: Flask, client: FlaskClient, claimed: Organisation
) -> None:
    with app.app_context():
        OrganisationIdentifier.create(organisation=claimed.id, scheme="pic", value="999999999")
    [described] = json_ld(client.get(f"/partners/{claimed.slug}").text)
    assert described["name"] == "Bootsbau Bonn"
    assert described["address"] == {
        "@type": "PostalAddress",
        "addressLocality": "Bonn",
        "addressCountry": "DE",
    }
    assert described["knowsLanguage"] == ["de", "en"]
    assert described["identifier"][0]["value"] == "999999999"


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--<script>", 'A "B" & \\ C', "\u2028", "]]>"]
)
def test_no_name_breaks_out_of_the_description(
    client: FlaskClient, partner: MakePartner, name: str
) -> None:
    page = client.get(f"/partners/{partner(f'Name {name}').slug}").text
    [described] = json_ld(page)
    assert described["name"] == f"Name {name}"
    assert "<script>alert" not in page


def test_program_reads_the_whole_profile(
    app: Flask, client: FlaskClient, claimed: Organisation
) -> None:
    sourced(app, claimed, name="BOOTSBAU BONN")
    body = client.get(f"/api/v1/partners/{claimed.slug}").json
    assert {name: body[name] for name in PROFILE if name in body} == {
        name: value for name, value in PROFILE.items() if name in body
    }
    assert body["texts"] == PROFILE["summaries"]
    assert body["original_language"] == "de"
    assert body["commitments"] == {"inclusion": "2026-01-02"}
    assert body["facts"][0]["source"] == "The public list"


# Every page in every language


@pytest.mark.parametrize("code", SHIPPED)
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/partners",
        "/partners?q=boote&country=DE",
        "/partners?q=nobodyatall",
        "/partners/map",
        "/partners/order",
        "/about-the-data",
        "/partners/compare",
        "/partners/compare?partner={0}&partner={1}",
        "/partners/{0}",
        "/partners/{1}",
        "/partners/{0}/fact-sheet",
    ],
)
def test_page_speaks_every_language(
    visit: Visitor, claimed: Organisation, entry: Organisation, path: str, code: str
) -> None:
    address = path.format(claimed.slug, entry.slug)
    page = visit(address, lang=code, headers={"Accept-Language": code})
    assert "%(" not in page.text


@pytest.mark.parametrize("path", ["", "/fact-sheet"])
def test_made_up_partner_has_a_sound_page(
    visit: Visitor, fantasia: Organisation, path: str
) -> None:
    visit(f"/partners/{fantasia.slug}{path}", lang="en")


def test_any_engine_shows_the_same_profile(any_app: Flask) -> None:
    made = store_partner(any_app, "Bootsbau Bonn", state="claimed", profile=PROFILE)
    sourced(any_app, made, name="BOOTSBAU BONN", city="Bonn")
    client = any_app.test_client()
    assert "2 to 12 participants" in client.get(f"/partners/{made.slug}").text
    assert client.get(f"/api/v1/partners/{made.slug}").json["group_max"] == 12
