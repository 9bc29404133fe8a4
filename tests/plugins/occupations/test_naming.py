"""Names of occupations are suggested, and words that mean exactly one are shown with its address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from plugins.occupations import naming
from plugins.occupations.data.load import ADDRESS
from plugins.occupations.models import Concept, ConceptLabel
from portal.i18n import in_locale
from portal.text import sort_key
from tests.factories import clocked
from tests.plugins.mobilities.conftest import PERSON, Browser, make_pair
from tests.plugins.occupations.conftest import store_concept

TOOLMAKER, URL = "toolmake", f"{ADDRESS}toolmake-0000"
STORED: dict[str, dict[str, Any]] = {
    TOOLMAKER: {"group": "7222", "preferred": {"en": "toolmaker", "de": "Werkzeugmacher"}},
    "tooldesi": {
        "group": "2144",
        "preferred": {"en": "tool engineer", "de": "Werkzeugplaner", "it": "Drechsler"},
    },
    "smith": {"group": "7221", "preferred": {"en": "smith", "de": "Schmied", "nl": "Drechsler"}},
}


def store() -> None:
    """Store three occupations, a name that two share, unusual names, and a word for a field."""
    for key, facts in STORED.items():
        store_concept(key, {"fields": [], **facts})
    also = {"lang": "en", "preferred": False}
    for key, label in ((TOOLMAKER, "tool fitter"), ("smith", "toolmaker")):
        ConceptLabel.create(concept=key, label=label, folded=sort_key(label), **also)
    Concept.insert(id="field0715", isco_group="0715", fields=["0715"]).execute()
    ConceptLabel.create(
        concept="field0715", label="tools", folded="tools", lang="en", preferred=True
    )


def test_words_and_addresses_that_mean_one_occupation_name_it(
    make_portal: Callable[..., Flask], any_url: str
) -> None:
    app = make_portal(any_url, plugins=["occupations"])
    texts = {
        "Toolmaker": True,  # for another one this is no usual name
        "young werkzeugmacher, 2nd year": True,
        URL: True,
        "tool fitter": False,  # no usual name
        "Drechsler": False,  # of two
        "toolmaker and smith": False,
        "tools": False,
        "": False,
        "-": False,
        f"{ADDRESS}nowhere": False,
    }
    with app.test_request_context():
        store()
        found = naming.named(texts)
        assert {text for text, is_one in texts.items() if is_one} == set(found)
        assert found[URL] == {"label": "toolmaker", "code": "7222", "url": URL}
        with in_locale("de"):
            assert naming.named([URL])[URL]["label"] == "Werkzeugmacher"
        with in_locale("es"):
            assert naming.named([URL])[URL]["label"] == "toolmaker"
        assert naming.suggested("TOOL", "en") == ["tool engineer", "toolmaker"]
        assert naming.suggested("werk", "de") == ["Werkzeugmacher", "Werkzeugplaner"]
        for nothing in ("", "t", "werk", "\0", "%", "x" * 5_000):
            assert naming.suggested(nothing, "en") == []


def test_a_mobility_shows_the_occupation_that_its_words_mean_and_files_keep_it(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal(plugins=["occupations", "mobilities_api", "drafts", "versions"])
    registry: Any = app.extensions["portal"].registry
    with app.app_context():
        store()
        pair = make_pair(app)
        made = pair.plan(occupation="Werkzeugmacher")
        vague = pair.plan(occupation="Tool fitter", title="Vague")
    browser = Browser(app, pair.sender)
    link = f'<a href="{URL}" rel="external">toolmaker</a> (ISCO-08 7222)'
    page = browser.see(f"/mobilities/{made.public_id}").text
    assert "Werkzeugmacher" in page and link in page
    assert "Occupation in ESCO" not in browser.see(f"/mobilities/{vague.public_id}").text

    form = browser.see("/mobilities/new").text
    assert 'data-suggest="/occupations/suggested" data-for="occupation"' in form
    assert browser.get("/static/occupations/suggest.js").status_code == 200
    told = browser.get("/occupations/suggested?q=werkzeugm&lang=de").json
    assert told == {"labels": ["Werkzeugmacher"]}
    assert Browser(app).get("/occupations/suggested?q=tool").status_code in {303, 401}
    browser.get("/mobilities?lang=en")

    head, *lines = browser.get("/mobilities/export.csv").text.splitlines()
    at = head.split(",").index("Occupation in ESCO")
    cells = {line.split(",")[0]: line.split(",")[at - 1 : at + 1] for line in lines}
    assert cells["Vague"] == ["Tool fitter", ""]
    assert cells["Toolmaking in spring"] == ["Werkzeugmacher", URL]

    table = (
        "host;title;starts_on;ends_on;name;occupation\n"
        f"{pair.host.slug};Again;2027-05-03;2027-05-21;{PERSON['name']};{URL}"
    )
    answer = browser.post("/mobilities/import", organisation=pair.school.slug, table=table)
    assert "1 mobility is planned" in answer.text
    again = browser.get("/mobilities/export.csv").text
    assert f"toolmaker,{URL}" in next(line for line in again.splitlines() if "Again" in line)

    with app.app_context():
        registry.deactivate(clocked(app), "occupations")
    assert "Occupation in ESCO" not in browser.see(f"/mobilities/{made.public_id}").text
    assert "datalist" not in browser.see("/mobilities/new").text
    assert browser.get("/occupations/suggested?q=tool").status_code == 404
