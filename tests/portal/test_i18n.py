"""Texts: every catalogue is whole and sound, and the layer above them does what it says."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from portal import i18n
from portal.i18n import SHIPPED, SOURCE, Catalogues, in_locale
from translations import manage as translating

AREAS = {area.name: area for area in translating.areas()}
OTHERS = [code for code in SHIPPED if code != SOURCE]


texts_of = cache(translating.extract)  # to find texts takes longer than to check a language


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("locale", OTHERS)
def test_every_text_is_translated_with_its_values_and_plurals(
    area: str, locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translating, "extract", texts_of)

    assert translating.check(AREAS[area], locale) == []


@pytest.mark.parametrize("area", AREAS)
def test_texts_are_found_in_code_and_templates(area: str) -> None:
    found = [message for message in texts_of(AREAS[area]) if message.id]

    assert len(found) >= 2  # a plugin has a title and a summary at least


def write_catalogue(folder: Path, locale: str, texts: dict[str, str]) -> Path:
    """Write a catalogue; returns the folder of all languages."""
    catalogue = Catalog(locale=locale)
    for message, text in texts.items():
        catalogue.add(message, text)
    path = folder / locale / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalogue)
    return folder


def test_a_word_can_mean_two_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "forms.py").write_text('lazy("Name")\nlazy_pgettext("person", "Name")\n')
    found = translating.extract(translating.Area("trial", (sources,), tmp_path, tmp_path))
    catalogue = Catalog(locale="lv")
    catalogue.add("Name", "Nosaukums")
    catalogue.add("Name", "Vārds", context="person")
    path = tmp_path / "lv" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalogue)
    monkeypatch.setattr(i18n, "catalogues", Catalogues([tmp_path]))

    with in_locale("lv"):
        shown = [str(i18n.lazy_gettext("Name")), str(i18n.lazy_pgettext("person", "Name"))]

    assert {message.context for message in found if message.id == "Name"} == {None, "person"}
    assert shown == ["Nosaukums", "Vārds"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("%(wrong)s Orte", "values"),
        ("Orte", "values"),
        ("100 % von %(count)s Orten", "per cent"),
        (" %(count)s Orte ", "blanks"),
    ],
)
def test_a_faulty_translation_is_found(text: str, word: str, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "page.py").write_text('_("%(count)s places") % {"count": 1}\n')
    folder = write_catalogue(tmp_path / "texts", "de", {"%(count)s places": text})
    area = translating.Area("trial", (sources,), folder, tmp_path)

    problems = translating.check(area, "de")

    assert len(problems) >= 1
    assert word in " ".join(problems)


def test_missing_and_left_over_texts_are_found(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "page.py").write_text('_("New text")\n')
    folder = write_catalogue(tmp_path / "texts", "de", {"Old text": "Alter Text"})
    area = translating.Area("trial", (sources,), folder, tmp_path)

    assert translating.check(area, "de") == [
        "trial/de: missing: 'New text'",
        "trial/de: no longer used: 'Old text'",
    ]


def test_a_plugins_texts_lie_over_the_cores(tmp_path: Path) -> None:
    core = write_catalogue(tmp_path / "core", "de", {"Save": "Speichern", "Close": "Zu"})
    plugin = write_catalogue(tmp_path / "plugin", "de", {"Save": "Sichern"})
    merged = Catalogues([core])
    assert merged.of("de").gettext("Save") == "Speichern"

    merged.add(plugin)

    assert merged.of("de").gettext("Save") == "Sichern"
    assert merged.of("de").gettext("Close") == "Zu"


def test_what_a_language_lacks_is_shown_in_the_source_language(tmp_path: Path) -> None:
    core = write_catalogue(tmp_path / "core", "de", {"Save": "Speichern"})

    assert Catalogues([core]).of("de").gettext("Another text") == "Another text"
    assert Catalogues([core]).of("lv").gettext("Save") == "Save"


def test_a_changed_catalogue_is_compiled_anew(tmp_path: Path) -> None:
    core = write_catalogue(tmp_path / "core", "de", {"Save": "Speichern"})
    path = core / "de" / "LC_MESSAGES" / "messages.po"
    assert b"Speichern" in i18n.compiled(path)
    later = path.stat().st_mtime + 10

    path.write_text(path.read_text().replace("Speichern", "Sichern"))
    os.utime(path, (later, later))

    assert b"Sichern" in i18n.compiled(path)


def test_a_language_spoken_inside_is_given_back_afterwards() -> None:
    with in_locale("de"):
        with in_locale("lv"):
            assert i18n.locale() == "lv"
        assert i18n.locale() == "de"


@pytest.mark.parametrize(
    ("locale", "expected"), [("en", "1,234.5"), ("de", "1.234,5"), ("lv", "1234,5")]
)
def test_numbers_are_written_as_the_language_does(locale: str, expected: str) -> None:
    with in_locale(locale):
        assert i18n.number(1234.5).replace("\xa0", "") == expected


@pytest.mark.parametrize(
    ("locale", "cents", "expected"),
    [
        ("en", 125_000, "€1,250"),
        ("en", 125_050, "€1,250.50"),
        ("de", 125_000, "1.250 €"),
        ("de", 99, "0,99 €"),
        ("nl", 500, "€ 5"),
    ],
)
def test_amounts_are_written_as_the_language_does(locale: str, cents: int, expected: str) -> None:
    with in_locale(locale):
        assert i18n.money(cents).replace("\xa0", " ") == expected


def test_days_and_moments_are_written_as_the_language_does() -> None:
    with in_locale("de"):
        assert i18n.day(date(2026, 11, 20)) == "20. November 2026"
        assert "13:00" in i18n.moment(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), "Europe/Berlin")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["de-AT"], "de"),
        (["pt", "lv_LV"], "lv"),
        (["EN"], "en"),
        (["fr", "ja"], None),
        ([""], None),
        ([], None),
    ],
)
def test_the_best_language_is_the_first_that_is_offered(
    wanted: list[str], expected: str | None
) -> None:
    assert i18n.best_locale(wanted) == expected


def test_countries_and_languages_have_names() -> None:
    assert i18n.country_name("GR", "de") == "Griechenland"
    assert i18n.country_name("GB", "it") == "Regno Unito"
    assert i18n.country_name("??", "en") == "??"
    assert i18n.own_name("lv") == "Latviešu"


def test_a_text_declared_at_import_speaks_the_language_it_is_shown_in(tmp_path: Path) -> None:
    text = i18n.lazy_gettext("<b>%(word)s</b>", word="x")

    assert str(text) == "<b>x</b>"
    assert text.__html__() == "&lt;b&gt;x&lt;/b&gt;"
