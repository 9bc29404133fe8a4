"""Settings: changed by administrators, checked as a whole, written into the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from plugins.setup.service import save_settings
from portal import db, settings
from portal.context import ANONYMOUS, Context
from portal.errors import Invalid, NotAllowed, NotFound
from tests.factories import audited


@pytest.fixture
def site(make_portal: Callable[..., Flask]) -> Iterator[Flask]:
    """A portal without plugins, ready for services."""
    app = make_portal(plugins=[])
    with app.app_context():
        yield app


def test_defaults_hold_until_something_else_is_saved(site: Flask, ctx: Context) -> None:
    assert settings.of(ctx)["site_name"] == "Tessera"

    save_settings(ctx, "portal", {"site_name": "Bridge"})

    assert settings.of(ctx)["site_name"] == "Bridge"


def test_going_back_to_the_default_forgets_the_value(site: Flask, ctx: Context) -> None:
    save_settings(ctx, "portal", {"site_name": "Bridge"})

    save_settings(ctx, "portal", {"site_name": "Tessera"})

    assert db.query("SELECT * FROM setting") == []


def test_only_administrators_change_settings(site: Flask, ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        save_settings(ctx.as_actor(ANONYMOUS), "portal", {"site_name": "Bridge"})


def test_an_unknown_setting_is_refused_with_the_nearest_name(site: Flask, ctx: Context) -> None:
    with pytest.raises(NotFound, match="Did you mean 'site_name'"):
        save_settings(ctx, "portal", {"site_nam": "Bridge"})


def test_one_wrong_value_keeps_all_as_they_were(site: Flask, ctx: Context) -> None:
    with pytest.raises(Invalid):
        save_settings(ctx, "portal", {"site_name": "Bridge", "contact": "nobody"})

    assert settings.of(ctx)["site_name"] == "Tessera"


def test_the_default_language_must_be_offered(site: Flask, ctx: Context) -> None:
    with pytest.raises(Invalid) as caught:
        save_settings(ctx, "portal", {"languages": ["de"]})

    assert caught.value.field == "default_language"


def test_each_change_is_audited_once(site: Flask, ctx: Context) -> None:
    save_settings(ctx, "portal", {"registration_open": "", "site_name": "Tessera"})

    entry = audited("setting.changed").get()
    assert audited("setting.changed").count() == 1
    assert (entry.detail["key"], entry.detail["after"]) == ("registration_open", False)


def test_free_words_are_kept_where_they_can_be_erased(site: Flask, ctx: Context) -> None:
    save_settings(ctx, "portal", {"contact": "name@school.example"})

    entry = audited("setting.changed").get()
    assert "name@school.example" not in str(entry.detail)
    assert db.query("SELECT value FROM audit_value WHERE name = 'after'") == [
        ("name@school.example",)
    ]
