"""What the search finds, in which order, and what it says about it: page and API alike."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.partners import search
from plugins.partners.documents import FACETS
from plugins.partners.models import Miss
from portal.clock import FixedClock
from portal.context import Context
from portal.organisations.models import Organisation
from tests.factories import NOON, make_account, sign_in
from tests.plugins.partners.conftest import MakePartner, found, store_partner


def names_on(page: str) -> list[str]:
    """Return the names of the partners on a page of results, in their order."""
    headings = re.findall(r'<h2 class="partner-name"><a[^>]*>(.*?)</a>', page)
    return [re.sub("<[^>]+>", "", heading) for heading in headings]


def get(client: FlaskClient, query: str = "", **parameters: Any) -> str:
    answer = client.get(f"/partners?{query}", query_string=parameters or None)
    assert answer.status_code == 200
    return str(answer.text)


@pytest.fixture
def bonn(partner: MakePartner) -> Organisation:
    """A partner that can be found by everything there is."""
    made = partner(
        "Berufskolleg am Rhein",
        city="Königswinter",
        type="vet-school",
        region="DEA2C",
        registered_name="Kolleg am Rhein gGmbH",
        names={"BKR": "acronym", "Rhine College": "translation"},
        promises={"inclusion": "2026-01-02"},
        profile={
            "roles": ["host"],
            "fields": ["0715"],
            "languages": [["de", "native"], ["en", "B2"]],
            "modes": ["physical"],
            "targets": ["apprentices"],
            "summaries": {"de": "Wir bauen Segelboote.", "en": "We build sailing boats."},
            "original": "de",
        },
    )
    return made


# Words


@pytest.mark.parametrize(
    "text",
    [
        "Berufskolleg",
        "rhein",
        "BKR",
        "Rhine College",
        "gGmbH",
        "Königswinter",
        "konigswinter",
        "Segelboote",
        "sailing boats",
        "Mechanics and metal trades",
        "Engineering",
        "rhine sailing",
        '"build sailing"',
        "segel*",
        "boats -motor",
    ],
)
def test_partner_is_found_by(client: FlaskClient, bonn: Organisation, text: str) -> None:
    assert found(client, q=text) == ["Berufskolleg am Rhein"]


@pytest.mark.parametrize(
    "text",
    [
        "motor",
        "rhein motor",
        '"sailing build"',
        "boats -sailing",
        '-"sailing boats" rhein',
        "boat*x",
    ],
)
def test_partner_is_not_found_by(client: FlaskClient, bonn: Organisation, text: str) -> None:
    assert found(client, q=text) == []


def test_last_word_may_be_unfinished(client: FlaskClient, bonn: Organisation) -> None:
    assert found(client, q="rhein segelb") == ["Berufskolleg am Rhein"]
    assert found(client, q="segelb rhein") == []


def test_name_comes_before_other_names_before_text(
    client: FlaskClient, partner: MakePartner
) -> None:
    partner("Third", profile={"summaries": {"en": "They know sailing."}, "original": "en"})
    partner("Second", names={"Sailing Academy": "alias"})
    partner("Sailing School")
    assert found(client, q="sailing") == ["Sailing School", "Second", "Third"]


def test_equals_change_places_daily(
    client: FlaskClient, partner: MakePartner, clock: FixedClock
) -> None:
    for letter in "abcdefgh":
        partner(f"School {letter}")
    orders = set()
    for _day in range(12):
        orders.add(tuple(found(client)))
        clock.moment += timedelta(days=1)
    assert len(orders) > 3
    assert len({frozenset(order) for order in orders}) == 1


# Facets


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("country", "DE"),
        ("country", "de"),
        ("region", "DEA2C"),
        ("type", "vet-school"),
        ("role", "host"),
        ("field", "0715"),
        ("field", "071"),
        ("field", "07"),
        ("language", "en"),
        ("mode", "physical"),
        ("target", "apprentices"),
        ("commitment", "inclusion"),
        ("claimed", "no"),
    ],
)
def test_facet_finds_those_who_have_it(
    client: FlaskClient, bonn: Organisation, partner: MakePartner, name: str, value: str
) -> None:
    partner("Other", "FR", state="claimed")
    assert found(client, **{name: value}) == ["Berufskolleg am Rhein"]


@pytest.mark.parametrize("name", FACETS)
def test_unknown_value_finds_nobody(client: FlaskClient, bonn: Organisation, name: str) -> None:
    assert found(client, **{name: "ZZ"}) == []


def test_values_of_a_facet_are_alternatives_facets_restrict(
    client: FlaskClient, partner: MakePartner
) -> None:
    partner("A", "DE", profile={"roles": ["host"]})
    partner("B", "FR", profile={"roles": ["host"]})
    partner("C", "FR", profile={"roles": ["sending"]})
    assert sorted(found(client, country=["DE", "FR"])) == ["A", "B", "C"]
    assert sorted(found(client, country=["DE", "FR"], role="host")) == ["A", "B"]


def test_counts_of_a_facet_ignore_its_own_choice(client: FlaskClient, partner: MakePartner) -> None:
    partner("A", "DE", profile={"roles": ["host"]})
    partner("B", "FR", profile={"roles": ["host"]})
    partner("C", "FR", profile={"roles": ["sending"]})
    facets = client.get("/api/v1/partners?country=DE").json["facets"]
    assert facets["country"] == [
        {"value": "FR", "label": "France", "count": 2},
        {"value": "DE", "label": "Germany", "count": 1},
    ]
    assert facets["role"] == [{"value": "host", "label": "Host", "count": 1}]


def test_regions_are_offered_within_chosen_countries(
    client: FlaskClient, bonn: Organisation
) -> None:
    assert "region" not in client.get("/api/v1/partners").json["facets"]
    assert client.get("/api/v1/partners?country=DE").json["facets"]["region"][0]["count"] == 1


# The answer of the API


def test_item_says_what_the_page_says(client: FlaskClient, bonn: Organisation) -> None:
    body = client.get("/api/v1/partners?q=sailing").json
    assert (body["total"], body["page"], body["page_size"]) == (1, 1, 20)
    assert body["items"] == [
        {
            "id": bonn.id,
            "slug": bonn.slug,
            "name": "Berufskolleg am Rhein",
            "country": "DE",
            "city": "Königswinter",
            "type": "vet-school",
            "roles": ["host"],
            "fields": ["0715"],
            "languages": ["de", "en"],
            "claimed": False,
            "verified": None,
            "demonstration": False,
            "quality": None,
            "why": ["We build sailing boats."],
        }
    ]


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page_size=101", "page_size=0", "sort=best", f"q={'a' * 301}"]
)
def test_program_learns_what_it_asked_wrongly(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/partners?{query}")
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["field"] == query.split("=")[0]


def test_page_beyond_the_last_is_empty_for_programs(
    client: FlaskClient, bonn: Organisation
) -> None:
    body = client.get("/api/v1/partners?page=9").json
    assert (body["items"], body["total"], body["page"]) == ([], 1, 9)


def test_page_beyond_the_last_leads_people_back_to_it(
    client: FlaskClient, bonn: Organisation
) -> None:
    answer = client.get("/partners?page=9")
    assert (answer.status_code, names_on(answer.text)) == (200, [])
    assert "The list ends on page 1." in answer.text
    assert 'rel="prev" href="/partners"' in answer.text


def test_paging_to_the_end_gives_each_once(client: FlaskClient, partner: MakePartner) -> None:
    wanted = {partner(f"School {number}").name for number in range(7)}
    seen = [name for page in range(1, 5) for name in found(client, page=page, page_size=2)]
    assert len(seen) == 7
    assert set(seen) == wanted


@pytest.mark.parametrize(
    ("sort", "expected"), [("name", ["Ärzte", "Bäcker", "Zimmerer"]), ("newest", None)]
)
def test_order_can_be_chosen(
    client: FlaskClient, partner: MakePartner, sort: str, expected: list[str] | None
) -> None:
    for days, name in enumerate(["Zimmerer", "Ärzte", "Bäcker"]):
        partner(name, created_at=NOON + timedelta(days=days))
    assert found(client, sort=sort) == (expected or ["Bäcker", "Ärzte", "Zimmerer"])


def test_any_engine_answers_alike(any_app: Flask) -> None:
    store_partner(any_app, "Škola Rīga", "LV", profile={"fields": ["0715"], "roles": ["host"]})
    store_partner(any_app, "Zeta", "LV", profile={"fields": ["0732"]})
    client = any_app.test_client()
    assert found(client, q="skola") == ["Škola Rīga"]
    assert found(client, field="07", sort="name") == ["Škola Rīga", "Zeta"]
    assert found(client, field="07", role="host") == ["Škola Rīga"]
    assert found(client, q="skol") == ["Škola Rīga"]
    assert client.get("/partners?q=nobody").status_code == 200
    with any_app.app_context():
        assert [(row.text, row.count) for row in Miss.select()] == [("nobody", 1)]


# Hostile texts


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(("q", "without", "partner", "page", "sort", *FACETS)),
        st.text(
            st.sampled_from("aé\x00\u2028\ud800'\"%_\\*-<>(){};&#日\U0001f600 \n"), max_size=40
        ),
        max_size=5,
    )
)
def test_no_text_breaks_the_search(client: FlaskClient, parameters: dict[str, str]) -> None:
    query = {name: value.encode("utf-8", "surrogatepass") for name, value in parameters.items()}
    for path in ("/partners", "/api/v1/partners", "/partners.csv", "/partners/compare"):
        assert client.get(path, query_string=query).status_code in {200, 302, 422}


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE organisation; --", "%", "_", "*", '"', "-", "a" * 3000, "\u202e", "OR"]
)
def test_signs_have_no_power(client: FlaskClient, bonn: Organisation, text: str) -> None:
    assert client.get("/partners", query_string={"q": text}).status_code == 200
    assert found(client, q="rhein") == ["Berufskolleg am Rhein"]


def test_highlights_escape_what_they_mark(client: FlaskClient, partner: MakePartner) -> None:
    partner(
        "<script>alert(1)</script>",
        city="<i>Bonn</i>",
        names={"<b>Alert</b> Academy": "alias"},
        profile={"summaries": {"en": "Say <img src=x onerror=alert(1)> loudly."}, "original": "en"},
    )
    for text in ("script", "academy", "loudly", "bonn", "script alert loudly"):
        page = get(client, q=text)
        assert "<mark>" in page
        assert not re.search(r"<(script>alert|img src=x|b>Alert|i>Bonn)", page, re.IGNORECASE)


# Why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rhine", "Also known as <mark>Rhine</mark> College"),
        ("sailing", "We build <mark>sailing</mark> boats."),
        ("metal", "Works in Mechanics and <mark>metal</mark> trades"),
        ("konigswinter", "Is in <mark>Königswinter</mark>"),
    ],
)
def test_result_says_why_it_was_found(
    client: FlaskClient, bonn: Organisation, text: str, why: str
) -> None:
    assert why in get(client, q=text)


def test_words_are_marked_in_the_name(client: FlaskClient, bonn: Organisation) -> None:
    assert "Berufskolleg am <mark>Rhein</mark>" in get(client, q="rhein")


def test_long_text_is_cut_around_the_word(client: FlaskClient, partner: MakePartner) -> None:
    long = "Something else entirely. " * 8 + "We weld ships here. " + "And so on and on. " * 8
    partner("Yard", profile={"summaries": {"en": long}, "original": "en"})
    why = client.get("/api/v1/partners?q=weld").json["items"][0]["why"]
    assert why == ["We weld ships here."]


# Nothing found


def test_slip_is_noticed(client: FlaskClient, bonn: Organisation) -> None:
    page = get(client, q="berufskoleg")
    assert 'href="/partners?q=berufskolleg"' in page
    assert "Nearly matching" in page
    assert f'href="/partners/{bonn.slug}"' in page


def test_filters_that_exclude_each_other_are_named(client: FlaskClient, bonn: Organisation) -> None:
    page = get(client, q="sailing", country="FR", role="host")
    assert "One filter less, and there are some:" in page
    assert 'href="/partners?q=sailing&amp;role=host"' in page
    assert f'href="/partners/{bonn.slug}"' in page


def test_at_most_five_nearly_match(client: FlaskClient, partner: MakePartner) -> None:
    for number in range(7):
        partner(f"Sailing {number}")
    page = get(client, q="sailing", country="FR")
    assert len(re.findall(r'<a href="/partners/organisation-', page)) == 5


def test_made_up_near_match_is_marked(client: FlaskClient, partner: MakePartner) -> None:
    partner("Sailing", is_fictional=True)
    page = get(client, q="sailing", country="FR")
    assert 'class="tag tag-demo"' in page
    assert "the organisations and texts with this mark are made up" in page


def test_nobody_nearly_matches_something_else_entirely(
    client: FlaskClient, bonn: Organisation
) -> None:
    assert "Nearly matching" not in get(client, q="qqqqqqqqq")


def test_miss_is_counted_once_a_search(app: Flask, client: FlaskClient) -> None:
    get(client, q="Glasbläser  jetzt")
    get(client, q="glasblaser jetzt")
    with app.app_context():
        assert [(row.text, row.count) for row in Miss.select()] == [("glasblaser jetzt", 2)]


@pytest.mark.parametrize("query", ["q=rhein", "q=%3F%3F&country=FR", "country=FR", ""])
def test_what_is_no_miss_is_not_counted(
    app: Flask, client: FlaskClient, bonn: Organisation, query: str
) -> None:
    get(client, query)
    with app.app_context():
        assert Miss.select().count() == 0


def test_upkeep_keeps_the_most_frequent_and_the_newest_misses(app: Flask, ctx: Context) -> None:
    for day, count in enumerate((9, 1, 8, 1, 2, 1), 1):
        Miss.insert(text=f"{count} on {day}", count=count, last_at=NOON.replace(day=day)).execute()

    search.forget_misses(keep=4)

    kept = {row.text for row in Miss.select()}
    assert kept == {"9 on 1", "8 on 3", "2 on 5", "1 on 6"}


def test_few_misses_are_all_kept(app: Flask, client: FlaskClient, ctx: Context) -> None:
    get(client, q="glasblaser")

    app.extensions["portal"].registry.hooks.call("upkeep_run", ctx)

    assert [row.text for row in Miss.select()] == ["glasblaser"]


@pytest.mark.parametrize(("role", "status"), [("SiteAdmin", 200), ("Reviewer", 403), ("", 303)])
def test_misses_are_for_the_administrator(
    app: Flask, client: FlaskClient, role: str, status: int
) -> None:
    get(client, q="<b>glasblaser")
    visitor = sign_in(app.test_client(), make_account(app, role=role)) if role else client
    answer = visitor.get("/partners/missed-searches")
    assert answer.status_code == status
    assert ("glasblaser" in answer.text) == (status == 200)


# Caching


@pytest.mark.parametrize("path", ["/partners", "/api/v1/partners", "/partners/{slug}"])
def test_nothing_changed_costs_nothing(client: FlaskClient, bonn: Organisation, path: str) -> None:
    path = path.format(slug=bonn.slug)
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["/partners", "/api/v1/partners", "/partners/{slug}"])
def test_after_a_write_the_page_is_fresh(
    client: FlaskClient, bonn: Organisation, partner: MakePartner, path: str
) -> None:
    path = path.format(slug=bonn.slug)
    tag = client.get(path).headers["ETag"]
    partner("Newcomer")
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_next_day_the_page_is_fresh(
    client: FlaskClient, bonn: Organisation, clock: FixedClock
) -> None:
    tag = client.get("/partners").headers["ETag"]
    clock.moment += timedelta(days=1)
    assert client.get("/partners", headers={"If-None-Match": tag}).status_code == 200


def test_signed_in_people_always_get_a_fresh_page(app: Flask, bonn: Organisation) -> None:
    client = sign_in(app.test_client(), make_account(app))
    guest = app.test_client().get("/partners").headers["ETag"]
    answer = client.get("/partners", headers={"If-None-Match": guest})
    assert answer.status_code == 200
    assert "ETag" not in answer.headers


def test_language_changes_labels_and_mark(app: Flask, bonn: Organisation) -> None:
    answers = [app.test_client().get(f"/api/v1/partners?lang={code}") for code in ("en", "de")]
    labels = [answer.json["facets"]["country"][0]["label"] for answer in answers]
    assert labels == ["Germany", "Deutschland"]
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


def test_language_of_the_browser_changes_the_mark(client: FlaskClient, bonn: Organisation) -> None:
    tags = {
        client.get("/partners", headers={"Accept-Language": code}).headers["ETag"]
        for code in ("en", "de", "lv")
    }
    assert len(tags) == 3


# Pages around the search


def test_map_has_its_numbers_as_a_table(client: FlaskClient, partner: MakePartner) -> None:
    for country in ("DE", "DE", "FR"):
        partner(country=country)
    page = client.get("/partners/map").text
    rows = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a></th><td[^>]*>(\d+)', page)
    assert rows == [
        ("/partners?country=DE", "Germany", "2"),
        ("/partners?country=FR", "France", "1"),
    ]


def test_chosen_filter_can_be_removed(client: FlaskClient, bonn: Organisation) -> None:
    page = get(client, q="rhein", country="DE", role="host")
    assert 'href="/partners?q=rhein&amp;role=host"' in page
    assert 'href="/partners?q=rhein&amp;country=DE"' in page


def test_made_up_partner_is_marked_in_the_list(client: FlaskClient, partner: MakePartner) -> None:
    partner("Fantasia", is_fictional=True)
    page = get(client)
    assert 'class="tag tag-demo"' in page
    assert "/claim" not in page
