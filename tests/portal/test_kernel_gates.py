"""What answers at the addresses of plugins that take no part, in every worker."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import plugins as house
from portal import db
from portal.app import create_app
from portal.context import system_context
from portal.errors import Unavailable
from portal.kernel.models import Plugin, PluginFailure
from portal.kernel.registry import FAILURES
from tests.factories import make_account, post, sign_in
from tests.portal.test_kernel_steps import FIRST, add_steps, plugins_of
from tests.throwaway import PAGES, write_pages, write_plugin

MakePortal = Callable[..., Flask]
CTX = system_context()
RAISES = "\n@hookimpl\ndef home_show(ctx):\n    1 / 0\n"


def again(app: Flask) -> Flask:
    """Make another portal over the same database, as another process would."""
    other = create_app(app.config["PORTAL"], clock=app.extensions["portal"].clock)
    db.database.connect(reuse_if_open=True)
    return other


def answers(app: Flask, plugin: str = "shop", look: str = "") -> list[Any]:
    """Ask for page, API, form and static file."""
    client = app.test_client()
    look = look or app.extensions["portal"].static.url(f"{plugin}/look.css")
    found = [
        client.get(f"/{plugin}"),
        client.get(f"/api/v1/{plugin}"),
        post(client, f"/{plugin}", page="/account/sign-in"),
        client.get(look),
    ]
    assert client.get("/").status_code == 200
    return found


def statuses(found: list[Any]) -> list[int]:
    return [answer.status_code for answer in found]


def state_shop(make_portal: MakePortal, folder: Path, state: str) -> tuple[Flask, str]:
    """Return a portal in which the shop got into a state, and the address of its static file."""
    home = write_pages(folder, "shop")
    if state == "suspended":
        (home / "plugin.py").write_text(PAGES.format(id="shop") + RAISES, encoding="utf-8")
    app = make_portal(plugins=[] if state == "discovered" else None)
    look = app.extensions["portal"].static.url("shop/look.css")
    plugins = plugins_of(app)
    if state in {"installed", "uninstalled"}:
        plugins.act(CTX, "shop", "deactivate")
    if state == "uninstalled":
        plugins.switch(CTX, "shop", state="uninstalled")
    if state == "suspended":
        for _visit in range(FAILURES):
            app.test_client().get("/")
    if state == "needs_upgrade":
        add_steps(home, FIRST)
    if state == "broken":
        (home / "plugin.py").write_text("1 / 0\n", encoding="utf-8")
    if state == "incompatible":
        manifest = home / "plugin.toml"
        manifest.write_text(manifest.read_text().replace(">=0.1", ">=7"), encoding="utf-8")
    if state == "missing":
        shutil.rmtree(home)
    if state in {"needs_upgrade", "broken", "incompatible", "missing"}:
        for name in [name for name in sys.modules if name.startswith("plugins.shop")]:
            del sys.modules[name]
        app = again(app)
    app.test_client().get("/")
    assert plugins_of(app).statuses()["shop"].state == state
    return app, look


GONE = ["discovered", "installed", "uninstalled", "missing", "incompatible"]
OUT_OF_ORDER = ["suspended", "needs_upgrade", "broken"]


@pytest.mark.parametrize("state", GONE)
def test_addresses_of_plugins_that_are_off_are_not_there(
    state: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    app, look = state_shop(make_portal, plugin_folder, state)

    assert statuses(answers(app, look=look)) == [404, 404, 404, 404]


@pytest.mark.parametrize("state", OUT_OF_ORDER)
def test_addresses_of_plugins_out_of_order_ask_to_come_back(
    state: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    app, look = state_shop(make_portal, plugin_folder, state)

    found = answers(app, look=look)

    assert statuses(found) == [503, 503, 503, 503]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in found)


@pytest.mark.parametrize("state", [*GONE, *OUT_OF_ORDER])
def test_programs_are_told_that_the_plugin_is_inactive(
    state: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    app, _look = state_shop(make_portal, plugin_folder, state)

    answer = app.test_client().get("/api/v1/shop")

    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "plugin_inactive"


@pytest.mark.parametrize("state", [*GONE, *OUT_OF_ORDER])
def test_administrators_see_why_and_where_to_change_it(
    state: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    app, _look = state_shop(make_portal, plugin_folder, state)
    client = sign_in(app.test_client(), make_account(app, role="SiteAdmin"))

    page = client.get("/shop").text

    assert state in page
    assert 'href="/setup/plugins"' in page
    guest = app.test_client().get("/shop").text
    assert state not in guest
    assert "/setup/plugins" not in guest


def test_what_was_typed_into_a_form_of_a_suspended_plugin_comes_back(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    app, _look = state_shop(make_portal, plugin_folder, "suspended")
    client = app.test_client()

    answer = post(client, "/shop", page="/account/sign-in", story="Once upon a time")

    assert answer.status_code == 503
    assert "Once upon a time" in answer.text


def test_an_address_that_nobody_ever_had_stays_unknown(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    app, _look = state_shop(make_portal, plugin_folder, "broken")

    assert app.test_client().get("/shopping").status_code == 404
    assert app.test_client().get("/api/v1/shopping").status_code == 404


# Suspended, by failures in several workers.


def test_failures_in_two_workers_add_up(
    plugin_folder: Path, make_portal: MakePortal, any_url: str
) -> None:
    write_plugin(plugin_folder, "shop", PAGES.format(id="shop") + RAISES)
    first = make_portal(any_url)
    second = again(first)

    for number in range(FAILURES):
        assert Plugin.get_by_id("shop").state == "active"
        (first if number % 2 else second).test_client().get("/")

    row = Plugin.get_by_id("shop")
    assert row.state == "suspended"
    assert "home_show: division by zero" in row.reason
    assert row.changed_at is not None
    for app in (first, second):
        assert app.test_client().get("/shop").status_code == 503


def test_a_resumed_plugin_begins_without_failures(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    app, _look = state_shop(make_portal, plugin_folder, "suspended")

    plugins_of(app).act(CTX, "shop", "resume")

    assert PluginFailure.select().count() == 0
    app.test_client().get("/")
    assert Plugin.get_by_id("shop").state == "active"
    assert Plugin.get_by_id("shop").reason == ""


def test_failures_inside_a_transaction_are_counted_once_it_is_over(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_plugin(plugin_folder, "shop", PAGES.format(id="shop") + RAISES)
    app = make_portal()
    hooks = plugins_of(app).hooks
    with pytest.raises(KeyError), db.transaction():
        hooks.call("home_show", CTX)
        raise KeyError
    assert PluginFailure.select().count() == 0

    app.test_client().get("/healthz")
    app.test_client().get("/shop")

    assert PluginFailure.select().count() == 1


def test_what_a_suspended_plugin_takes_part_in_is_unavailable_not_half_done(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = RAISES + "\n@hookimpl\ndef organisation_changed(ctx, ids):\n    pass\n"
    write_plugin(plugin_folder, "shop", PAGES.format(id="shop") + code)
    app = make_portal()
    for _visit in range(FAILURES + 1):
        app.test_client().get("/")

    with pytest.raises(Unavailable, match="shop"):
        plugins_of(app).hooks.call("organisation_changed", CTX, ids=[1])
    assert plugins_of(app).hooks.call("reference_load", CTX) == []


# The ways out of trouble.


def test_a_broken_plugin_can_be_switched_off(plugin_folder: Path, make_portal: MakePortal) -> None:
    app, _look = state_shop(make_portal, plugin_folder, "broken")

    plugins_of(app).act(CTX, "shop", "deactivate")

    assert Plugin.get_by_id("shop").state == "installed"


def test_in_safe_mode_guests_are_left_out_and_kept(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    guests = plugin_folder.parent / "guests"
    write_pages(guests, "guest")
    make_portal(folders=[guests])
    house.__path__[:] = [str(plugin_folder)]
    app = make_portal(plugins=[], safe_mode=True)
    app.test_client().get("/")

    status = plugins_of(app).statuses()["guest"]
    assert status.state == "missing"
    assert "safe mode" in status.reason
    assert app.test_client().get("/guest").status_code == 404
