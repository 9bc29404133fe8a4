"""Switching plugins on and off: at once, everywhere, without a restart and without losing data."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal import db
from portal.app import create_app
from portal.context import system_context
from portal.errors import Conflict, NotFound
from portal.kernel import registry as kernel
from portal.kernel.registry import Registry
from tests.factories import make_account, post, sign_in
from tests.throwaway import write_pages, write_plugin

MakePortal = Callable[..., Flask]
CTX = system_context()

STEP = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY, word TEXT)")
"""


def registry_of(app: Flask) -> Registry:
    registry: Registry = app.extensions["portal"].registry
    return registry


def same_again(app: Flask) -> Flask:
    """Make a second portal over the same database, as another worker would."""
    again = create_app(app.config["PORTAL"])
    db.database.connect(reuse_if_open=True)
    return again


def everything_of(app: Flask, plugin: str) -> list[int]:
    """Ask for page, API, form and static file of a plugin; return the status codes."""
    client = app.test_client()
    look = app.extensions["portal"].static.url(f"{plugin}/look.css")
    return [
        client.get(f"/{plugin}").status_code,
        client.get(f"/api/v1/{plugin}").status_code,
        post(client, f"/{plugin}", page="/account/sign-in").status_code,
        client.get(look).status_code,
    ]


def test_switching_off_is_seen_by_another_worker_on_its_next_request(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    first = make_portal()
    second = same_again(first)
    assert everything_of(second, "shop") == [200, 200, 200, 200]
    assert "Entry of shop" in second.test_client().get("/").text

    registry_of(first).deactivate(CTX, "shop")

    assert everything_of(second, "shop") == [404, 404, 404, 404]
    assert "Entry of shop" not in second.test_client().get("/").text


def test_switching_on_is_seen_by_another_worker_on_its_next_request(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    first = make_portal(plugins=[])
    second = same_again(first)
    assert everything_of(second, "shop") == [404, 404, 404, 404]

    registry_of(first).install(CTX, "shop")
    registry_of(first).activate(CTX, "shop")

    assert everything_of(second, "shop") == [200, 200, 200, 200]
    assert "Entry of shop" in second.test_client().get("/").text


def test_the_first_request_after_switching_off_may_be_for_a_static_file(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    first = make_portal()
    second = same_again(first)
    client = second.test_client()
    look = second.extensions["portal"].static.url("shop/look.css")
    assert client.get(look).status_code == 200

    registry_of(first).deactivate(CTX, "shop")

    assert client.get(look).status_code == 404


def test_programs_learn_why_an_address_is_gone(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    app = make_portal(plugins=[])

    answer = app.test_client().get("/api/v1/shop")

    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "plugin_inactive"


def test_access_rows_of_inactive_plugins_are_not_published(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    app = make_portal()
    assert "/api/v1/shop" in app.test_client().get("/access").text

    registry_of(app).deactivate(CTX, "shop")

    assert "/api/v1/shop" not in app.test_client().get("/access").text


def test_a_plugin_needs_those_it_builds_on_to_be_active(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "a_wall", manifest='requires = ["house>=1"]')
    write_pages(plugin_folder, "house")
    app = make_portal(plugins=[])
    registry = registry_of(app)
    with pytest.raises(Conflict, match="house"):
        registry.activate(CTX, "a_wall")

    registry.activate(CTX, "house")
    registry.activate(CTX, "a_wall")

    assert app.test_client().get("/a_wall").status_code == 200


def test_required_plugins_are_loaded_first(plugin_folder: Path, make_portal: MakePortal) -> None:
    write_pages(plugin_folder, "a_wall", manifest='requires = ["house"]')
    write_pages(plugin_folder, "house")
    app = make_portal()

    assert [manifest.id for manifest in registry_of(app).ordered()] == ["house", "a_wall"]
    assert list(registry_of(app).modules) == ["house", "a_wall"]


def test_a_plugin_that_others_build_on_stays_on(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "a_wall", manifest='requires = ["house"]')
    write_pages(plugin_folder, "house")
    registry = registry_of(make_portal())
    with pytest.raises(Conflict, match="a_wall"):
        registry.deactivate(CTX, "house")

    registry.deactivate(CTX, "a_wall")
    registry.deactivate(CTX, "house")

    assert not registry.is_active("house")


def test_plugins_that_exclude_each_other_are_not_active_together(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "fire", manifest='conflicts = ["water"]')
    write_pages(plugin_folder, "water")
    registry = registry_of(make_portal(plugins=["water"]))
    with pytest.raises(Conflict, match="water"):
        registry.activate(CTX, "fire")

    registry.deactivate(CTX, "water")
    registry.activate(CTX, "fire")
    with pytest.raises(Conflict, match="fire"):
        registry.activate(CTX, "water")


def test_a_broken_plugin_cannot_be_switched_on(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_plugin(plugin_folder, "faulty", "1 / 0")
    registry = registry_of(make_portal())

    with pytest.raises(Conflict, match="ZeroDivisionError"):
        registry.activate(CTX, "faulty")


def test_activating_creates_the_tables_that_are_missing(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    home = write_pages(plugin_folder, "shop")
    (home / "migrations").mkdir()
    (home / "migrations" / "0001_create_shop.py").write_text(STEP.format(table="shop_item"))
    registry = registry_of(make_portal(plugins=[]))

    plan = registry.plan(CTX, "shop", "activate")
    assert plan.is_long
    assert "shop_item" not in db.database.get_tables()
    registry.act(CTX, "shop", "activate")

    assert "shop_item" in db.database.get_tables()
    assert registry.is_active("shop")


def test_a_name_that_nobody_has_is_not_found(plugin_folder: Path, make_portal: MakePortal) -> None:
    registry = registry_of(make_portal())

    with pytest.raises(NotFound, match="nobody"):
        registry.activate(CTX, "nobody")
    with pytest.raises(NotFound, match="nobody"):
        registry.deactivate(CTX, "nobody")


def test_switching_twice_is_harmless(plugin_folder: Path, make_portal: MakePortal) -> None:
    write_pages(plugin_folder, "shop")
    app = make_portal()
    registry = registry_of(app)

    registry.activate(CTX, "shop")
    assert app.test_client().get("/shop").status_code == 200
    registry.deactivate(CTX, "shop")
    registry.deactivate(CTX, "shop")
    assert app.test_client().get("/shop").status_code == 404


def test_data_outlives_switching_off_and_on(plugin_folder: Path, make_portal: MakePortal) -> None:
    home = write_pages(plugin_folder, "shop")
    (home / "migrations").mkdir()
    (home / "migrations" / "0001_create_shop.py").write_text(STEP.format(table="shop_item"))
    registry = registry_of(make_portal())
    with db.transaction():
        db.execute("INSERT INTO shop_item (id, word) VALUES (1, 'kept')")

    registry.deactivate(CTX, "shop")
    registry.install(CTX, "shop")
    registry.activate(CTX, "shop")

    assert db.query("SELECT word FROM shop_item") == [("kept",)]


def test_a_plugin_whose_code_is_gone_is_missing_and_the_portal_starts(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    home = write_pages(plugin_folder, "shop")
    first = make_portal()
    shutil.rmtree(home)

    second = same_again(first)

    assert second.test_client().get("/").status_code == 200
    assert second.test_client().get("/shop").status_code == 404
    assert registry_of(second).statuses()["shop"].state == kernel.MISSING


def test_new_tables_in_new_code_wait_for_an_upgrade(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    home = write_pages(plugin_folder, "shop")
    write_pages(plugin_folder, "other")
    first = make_portal()
    (home / "migrations").mkdir()
    (home / "migrations" / "0001_create_shop.py").write_text(STEP.format(table="shop_item"))

    second = same_again(first)

    refused = second.test_client().get("/shop")
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert registry_of(second).statuses()["shop"].state == kernel.NEEDS_UPGRADE
    assert second.test_client().get("/other").status_code == 200
    registry_of(second).install(CTX, "shop")
    assert second.test_client().get("/shop").status_code == 200


def test_safe_mode_looks_at_the_house_only(plugin_folder: Path) -> None:
    elsewhere = plugin_folder.parent / "elsewhere"
    write_pages(plugin_folder, "house")
    write_pages(elsewhere, "guest")

    assert list(Registry([elsewhere], safe=True).found) == ["house"]
    assert list(Registry([elsewhere]).found) == ["guest", "house"]


def test_finding_plugins_imports_none_of_them(plugin_folder: Path) -> None:
    write_plugin(plugin_folder, "loud", "raise AssertionError('was imported')")

    found = Registry().found["loud"]

    assert found.manifest is not None
    assert found.manifest.title == "loud"


# The administrator's page.


def test_an_administrator_switches_a_plugin_on_the_page(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    app = make_portal()
    client = sign_in(app.test_client(), make_account(app, role="SiteAdmin"))

    off = post(client, "/setup/plugins/shop/deactivate", page="/setup/plugins")
    assert off.status_code == 303
    assert client.get("/shop").status_code == 404
    post(client, "/setup/plugins/shop/activate", page="/setup/plugins")

    assert client.get("/shop").status_code == 200


def test_the_page_names_the_fault_of_a_broken_plugin(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_plugin(plugin_folder, "faulty", "import nothing_of_that_name")
    app = make_portal()
    client = sign_in(app.test_client(), make_account(app, role="SiteAdmin"))

    page = client.get("/setup/plugins").text

    assert "plugin.py:1" in page
    assert "nothing_of_that_name" in page


@pytest.mark.parametrize("role", ["", "Member", "Reviewer"])
def test_nobody_but_an_administrator_switches_plugins(
    role: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    app = make_portal()
    client = app.test_client()
    if role:
        sign_in(client, make_account(app, role=role))

    page = "/" if role else "/account/sign-in"
    answer = post(client, "/setup/plugins/shop/deactivate", page=page)

    assert answer.status_code == (403 if role else 401)
    assert client.get("/setup/plugins").status_code == (403 if role else 303)
    assert client.get("/shop").status_code == 200


@pytest.mark.parametrize("act", ["install", "activate"])
def test_an_act_takes_others_along_in_a_form_that_is_done_once(
    plugin_folder: Path, make_portal: MakePortal, any_url: str, act: str
) -> None:
    write_plugin(plugin_folder, "base")
    write_plugin(plugin_folder, "top", manifest='requires = ["base"]')
    app = make_portal(any_url, plugins=[])
    client = sign_in(app.test_client(), make_account(app, role="SiteAdmin"))

    answer = post(client, f"/setup/plugins/top/{act}", "/setup/plugins", with_others="1", _key="k1")

    assert answer.status_code == 303
    states = {status.id: status.state for status in registry_of(app).statuses().values()}
    assert states["top"] == ("active" if act == "activate" else "installed")
    assert states["base"] in {"active", "installed"}
