"""Settings: declared in manifests, followed by every worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import db, i18n, settings
from portal.app import create_app
from portal.context import Context
from portal.errors import Invalid
from tests.factories import set_settings
from tests.throwaway import write_pages

SCHEMA = """
[settings.days]
type = "number"
title = "Promised days"
default = 5
min = 1
max = 60

[settings.greeting]
type = "text"
title = "Greeting"
max = 10
"""


@pytest.fixture
def site(make_portal: Callable[..., Flask]) -> Iterator[Flask]:
    """A portal without plugins, ready for services."""
    app = make_portal(plugins=[])
    with app.app_context():
        yield app


def field(kind: str, **more: Any) -> settings.Field:
    return settings.Field("it", kind, "It", **more)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"a": {"type": "txt", "title": "A"}}, "settings.a: type 'txt'. Did you mean 'text'?"),
        ({"a": {"type": "text"}}, "settings.a: title missing."),
        ({"a": {"type": "text", "titel": "A"}}, "unknown property 'titel'. Did you mean 'title'?"),
        ({"a": {"type": "number", "title": "A", "default": 1}}, "min, max missing"),
        ({"a": {"type": "text", "title": 7}}, "'title' can't be 7"),
        (
            {"a": {"type": "number", "title": "A", "default": 9, "min": 1, "max": 5}},
            "default 9: Write a whole number from 1 to 5.",
        ),
        ({"Big Name": {"type": "text", "title": "A"}}, "in small letters"),
        ({"a": {"type": "choice", "title": "A", "default": "x"}}, "choices missing"),
    ],
)
def test_a_wrong_schema_is_refused_with_place_and_remedy(raw: Any, said: str) -> None:
    with pytest.raises(ValueError, match="settings") as caught:
        settings.schema_from(raw)

    assert said in str(caught.value)


def test_a_plugin_with_a_wrong_schema_is_broken_and_the_site_starts(
    plugin_folder: Path, make_portal: Callable[..., Flask]
) -> None:
    write_pages(plugin_folder, "shop", manifest='[settings.days]\ntype = "nummer"\ntitle = "x"\n')

    app = make_portal(plugins=[])

    assert app.test_client().get("/").status_code == 200
    status = app.extensions["portal"].registry.statuses()["shop"]
    assert status.state == "broken"
    assert "type 'nummer'. Did you mean 'number'?" in status.reason


@pytest.mark.parametrize(
    ("item", "raw", "kept"),
    [
        (field("text"), "  two   words ", "two words"),
        (field("long_text"), " a\r\nb ", "a\nb"),
        (field("number", min=1, max=9), " 7 ", 7),
        (field("yes_no"), "yes", True),
        (field("yes_no"), "", False),
        (field("choice", choices={"a": "A"}), "a", "a"),
        (field("mail"), "name@school.example", "name@school.example"),
        (field("url"), "https://school.example/x", "https://school.example/x"),
        (field("colour"), "#08515a", "#08515a"),
        (field("list"), "one\n\n two \none", ["one", "two"]),
        (field("list", choices={"a": "A", "b": "B"}), ["b", "a"], ["b", "a"]),
    ],
)
def test_what_fits_is_kept(item: settings.Field, raw: Any, kept: Any) -> None:
    assert settings.clean(item, raw) == kept


@pytest.mark.parametrize(
    ("item", "raw"),
    [
        (field("text", max=3), "four"),
        (field("text", needed=True), "  "),
        (field("number", min=1, max=9), "0"),
        (field("number", min=1, max=9), "10"),
        (field("number", min=1, max=9), "many"),
        (field("number", min=1, max=9), "1_0"),
        (field("choice", choices={"a": "A"}), "b"),
        (field("mail"), "nobody"),
        (field("mail"), "a@b.example\nBcc: c@d.example"),
        (field("url"), "javascript:alert(1)"),
        (field("url"), "https://"),
        (field("colour"), "red"),
        (field("list", max=1), "one\ntwo"),
        (field("list", choices={"a": "A"}), ["a", "z"]),
        (field("list", needed=True), ""),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(item: settings.Field, raw: Any) -> None:
    with pytest.raises(Invalid) as caught:
        settings.clean(item, raw)

    assert caught.value.field == "it"


def test_a_stored_value_that_no_longer_fits_gives_the_default(site: Flask, ctx: Context) -> None:
    db.execute("INSERT INTO setting VALUES ('portal', 'languages', '[\"xx\"]')")

    assert "en" in settings.of(ctx)["languages"]


def test_the_sites_languages_are_those_that_ship() -> None:
    assert tuple(settings.SITE["languages"].choices) == i18n.SHIPPED
    assert tuple(settings.SITE["default_language"].choices) == i18n.SHIPPED


def test_another_worker_follows_on_its_next_request(
    any_url: str, plugin_folder: Path, make_portal: Callable[..., Flask], ctx: Context
) -> None:
    write_pages(plugin_folder, "shop", manifest=SCHEMA)
    first = make_portal(any_url)
    second = create_app(first.config["PORTAL"])
    db.database.connect(reuse_if_open=True)
    assert second.test_client().get("/").status_code == 200

    with first.app_context():
        set_settings("shop", days=9)
        set_settings("portal", maintenance="Back at noon.")

    assert "Back at noon." in second.test_client().get("/").text
    with second.app_context():
        assert settings.of(ctx, "shop")["days"] == 9


def test_a_language_that_is_off_is_neither_spoken_nor_offered(site: Flask, ctx: Context) -> None:
    set_settings("portal", languages=["en", "lv"])
    client = site.test_client()

    page = client.get("/?lang=de", headers={"Accept-Language": "de"})

    assert '<html lang="en"' in page.text
    assert "Deutsch" not in page.text
    assert "Latviešu" in page.text


def test_the_default_language_is_spoken_to_those_who_ask_for_none_of_ours(
    site: Flask, ctx: Context
) -> None:
    set_settings("portal", default_language="lv")

    page = site.test_client().get("/", headers={"Accept-Language": "fi"})

    assert '<html lang="lv"' in page.text


def test_name_and_contact_stand_on_every_page(site: Flask, ctx: Context) -> None:
    set_settings("portal", site_name="Bridge", contact="ask@school.example")

    page = site.test_client().get("/access").text

    assert "<span>Bridge</span>" in page
    assert 'href="mailto:ask@school.example"' in page
