"""Add-ons from the browser: planned, confirmed, done, said; refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import db, settings
from portal.context import Context
from portal.jobs import Job
from portal.kernel.discovery import HOUSE
from portal.kernel.registry import Registry
from tests.factories import make_account, post, sign_in
from tests.test_promises import required
from tests.throwaway import write_pages, write_plugin
from tests.visiting import Visitor

STEP = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE shop_thing (id INTEGER PRIMARY KEY, word TEXT)")
"""
PAGE = "/setup/add-ons"


@pytest.fixture
def app(plugin_folder: Path, make_portal: Callable[..., Flask]) -> Flask:
    """A portal with Site Setup, a shop that is not installed and one that can't be loaded."""
    home = Path(__file__).parents[3] / HOUSE
    for plugin in required("setup"):
        (plugin_folder / plugin).symlink_to(home / plugin)
    write_pages(
        plugin_folder,
        "shop",
        manifest='summary = "Sells things."\n[settings.sign]\ntype = "text"\ntitle = "Sign"\n',
    )
    migrations = plugin_folder / "shop" / "migrations"
    migrations.mkdir()
    (migrations / "0001_create_thing.py").write_text(STEP)
    write_plugin(plugin_folder, "crooked", "import nothing_of_this_name\n")
    return make_portal(plugins=["setup", "trust", "openapi"])


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return sign_in(app.test_client(), make_account(app, role="SiteAdmin"))


@pytest.fixture
def look(admin: FlaskClient) -> Visitor:
    return Visitor(admin)


def registry_of(app: Flask) -> Registry:
    registry: Registry = app.extensions["portal"].registry
    return registry


def act(admin: FlaskClient, plugin: str, name: str, **values: str) -> int:
    page = f"{PAGE}/{plugin}/{name}"
    return int(post(admin, page, page="/setup/settings/portal", **values).status_code)


def switch_on(app: Flask, ctx: Context) -> None:
    with app.app_context():
        registry_of(app).install(ctx, "shop")
        registry_of(app).activate(ctx, "shop")


def test_what_is_broken_says_file_and_reason_and_the_site_runs(look: Visitor) -> None:
    page = look(PAGE).text

    assert page.index("Need you") < page.index("crooked") < page.index("At work")
    assert "plugin.py:1" in page
    assert "nothing_of_this_name" in page


def test_what_is_not_in_use_stands_last_with_what_it_is_for(look: Visitor) -> None:
    page = look(PAGE).text

    assert page.index("Not in use") < page.index("Sells things.")


def test_a_plan_tells_what_would_happen_and_does_nothing(app: Flask, look: Visitor) -> None:
    page = look(f"{PAGE}/shop/activate").text

    assert "Plan, nothing done yet" in page
    assert "0001_create_thing" in page
    assert page.index("The database is backed up.") < page.index("0001_create_thing")
    assert "its own pages answer “back soon”" in page
    assert registry_of(app).statuses()["shop"].state == "discovered"


def test_an_act_that_runs_steps_is_left_to_the_worker_and_watched(
    app: Flask, admin: FlaskClient, look: Visitor
) -> None:
    assert act(admin, "shop", "activate") == 303

    assert [job.name for job in Job.select().where(Job.state == "waiting")] == ["setup.run_act"]
    page = look(f"{PAGE}?watch=shop").text
    assert "data-poll" in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_a_plan_without_steps_promises_no_backup(app: Flask, look: Visitor, ctx: Context) -> None:
    switch_on(app, ctx)

    page = look(f"{PAGE}/shop/deactivate").text

    assert "The database is backed up." not in page
    assert "back soon" not in page


def test_switching_off_is_done_at_once_and_said(
    app: Flask, admin: FlaskClient, look: Visitor, ctx: Context
) -> None:
    switch_on(app, ctx)

    assert act(admin, "shop", "deactivate") == 303

    assert registry_of(app).statuses()["shop"].state == "installed"
    assert "Its data is kept." in look(PAGE).text


def test_deleting_data_wants_the_name_typed_and_keeps_what_was_typed(
    app: Flask, admin: FlaskClient, ctx: Context
) -> None:
    switch_on(app, ctx)

    answer = post(admin, f"{PAGE}/shop/purge", page="/setup/settings/portal", confirmation="shoop")

    assert answer.status_code == 422
    assert 'value="shoop"' in answer.text
    assert db.query("SELECT COUNT(*) FROM shop_thing") == [(0,)]


def test_a_suspended_one_says_why_and_since_when(app: Flask, look: Visitor, ctx: Context) -> None:
    switch_on(app, ctx)
    db.execute(
        "UPDATE plugin SET state = 'suspended', reason = 'its file is gone' WHERE id = 'shop'"
    )
    db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")

    page = look(PAGE).text

    assert "its file is gone" in page
    assert "Paused on 20 November 2026" in page
    assert f'href="{PAGE}/shop/resume#plan"' in page


def test_the_count_in_the_menu_tells_how_many_need_somebody(look: Visitor) -> None:
    assert "1 waits for you" in " ".join(
        look("/setup/").text.replace('<span class="vh">', "").split()
    )


def test_an_active_one_with_settings_links_to_them(
    app: Flask, admin: FlaskClient, look: Visitor, ctx: Context
) -> None:
    switch_on(app, ctx)
    assert 'href="/setup/settings/shop"' in look(PAGE).text

    post(admin, "/setup/settings/shop", sign="Open")

    with app.app_context():
        assert settings.of(ctx, "shop")["sign"] == "Open"


def test_an_unknown_add_on_or_act_is_not_there(admin: FlaskClient) -> None:
    assert admin.get(f"{PAGE}/nothing/activate").status_code == 404
    assert admin.get(f"{PAGE}/shop/praise").status_code == 404


def test_site_setup_can_switch_itself_off_and_the_plain_list_stays(
    app: Flask, admin: FlaskClient
) -> None:
    answer = post(admin, f"{PAGE}/setup/deactivate", page="/setup/settings/portal")

    assert answer.headers["Location"] == "/setup/plugins"
    assert admin.get("/setup/plugins").status_code == 200
    assert admin.get("/setup/").status_code == 404


def test_pages_of_other_plugins_join_the_menu(
    app: Flask, plugin_folder: Path, make_portal: Callable[..., Flask]
) -> None:
    code = """
from flask import Blueprint
from plugins.setup.interface import page
from portal.hookspecs import SetupItem, hookimpl
from portal.web.access import ADMIN, allow

blueprint = Blueprint("extra", __name__)

@blueprint.get("/setup/extra")
@allow(ADMIN)
def extra():
    return page("setup/settings.html", "Extra", scopes=[])

@hookimpl
def blueprint_list(ctx):
    return [blueprint]

@hookimpl
def setup_list(ctx):
    return [SetupItem("Extra page", "extra.extra", "More", 500)]
"""
    write_plugin(plugin_folder, "extra", code, manifest='requires = ["setup"]\n')
    again = make_portal(plugins=["setup", "trust", "openapi", "extra"])
    client = sign_in(again.test_client(), make_account(again, role="SiteAdmin"))

    assert "Extra page" in client.get("/setup/extra").text
