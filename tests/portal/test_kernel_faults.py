"""A plugin with a fault is broken and says why; the portal starts all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal.kernel.registry import BROKEN, INCOMPATIBLE, Status
from tests.throwaway import PAGES, write_pages, write_plugin

MakePortal = Callable[..., Flask]

IMPL = "from portal.hookspecs import hookimpl\n"
BLUEPRINT = """
from flask import Blueprint
from portal.hookspecs import hookimpl
from portal.web.access import ANYONE, allow

blueprint = Blueprint("faulty", __name__)

@hookimpl
def blueprint_list(ctx):
    return [blueprint]
"""


def started(make_portal: MakePortal, folder: Path, plugin: str = "faulty") -> Status:
    """Start a portal; return how the plugin is after the home page was asked for."""
    app = make_portal(folders=[folder])
    assert app.test_client().get("/").status_code == 200
    assert app.test_client().get(f"/{plugin}").status_code in {404, 503}
    status: Status = app.extensions["portal"].registry.statuses()[plugin]
    return status


CODE_FAULTS = {
    "import error": ("import nothing_of_that_name\n", ["plugin.py:1", "nothing_of_that_name"]),
    "syntax error": ("x = 1\ndef broken(:\n", ["plugin.py:2", "SyntaxError"]),
    "exit at import": ("raise SystemExit(3)\n", ["plugin.py:1", "SystemExit"]),
    "wrong argument": (
        IMPL + "\n@hookimpl\ndef import_undone(ctx, batch):\n    return None\n",
        ["plugin.py:3", "'batch'", "batch_id"],
    ),
    "misspelt hook": (
        IMPL + "\n@hookimpl\ndef menu_lists(ctx):\n    return []\n",
        ["plugin.py:3", "'menu_lists'", "'menu_list'"],
    ),
    "misspelt optional hook": (
        IMPL + "\n@hookimpl(optionalhook=True)\ndef menu_lst(ctx):\n    return []\n",
        ["plugin.py:3", "'menu_lst'", "'menu_list'"],
    ),
    "hook that pluggy refuses": (
        IMPL + "\n@hookimpl(wrapper=True)\ndef menu_list(ctx):\n    return []\n",
        ["menu_list"],
    ),
    "raising while pages are asked for": (
        IMPL + "\n@hookimpl\ndef blueprint_list(ctx):\n    return 1 / 0\n",
        ["plugin.py:5", "ZeroDivisionError"],
    ),
    "exit while pages are asked for": (
        IMPL + "\n@hookimpl\ndef blueprint_list(ctx):\n    raise SystemExit\n",
        ["plugin.py:5", "SystemExit"],
    ),
    "something else than pages": (
        IMPL + "\n@hookimpl\ndef blueprint_list(ctx):\n    return ['page']\n",
        ["Blueprint"],
    ),
    "foreign blueprint name": (
        BLUEPRINT.replace('"faulty"', '"other"'),
        ["'other'", "'faulty'"],
    ),
    "route without access row": (
        BLUEPRINT + "\n@blueprint.get('/faulty')\ndef page():\n    return 'page'\n",
        ["GET /faulty", "allow"],
    ),
    "access row for another method only": (
        BLUEPRINT
        + "\n@blueprint.route('/faulty', methods=['GET', 'POST'])\n@allow(ANYONE, 'GET')\n"
        + "def page():\n    return 'page'\n",
        ["POST /faulty"],
    ),
    "static files of its own blueprint": (
        BLUEPRINT.replace("__name__)", "__name__, static_folder='static')"),
        ["/<path:filename>", "access row"],
    ),
}


@pytest.mark.parametrize("name", CODE_FAULTS)
def test_a_fault_in_the_code_is_named(
    name: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    code, words = CODE_FAULTS[name]
    write_plugin(plugin_folder, "faulty", code)

    status = started(make_portal, plugin_folder)

    assert status.state == BROKEN
    for word in words:
        assert word in status.reason


APP_WIDE = {
    "before_app_request": "@blueprint.before_app_request\ndef leak():\n    return 'leaked'\n",
    "after_app_request": "@blueprint.after_app_request\ndef leak(answer):\n    return 'leaked'\n",
    "teardown_app_request": "@blueprint.teardown_app_request\ndef leak(error):\n    1 / 0\n",
    "app_errorhandler": "@blueprint.app_errorhandler(404)\ndef leak(error):\n    return 'leaked'\n",
    "app_context_processor": "@blueprint.app_context_processor\ndef leak():\n    return {'menu': 1}\n",
    "app_url_value_preprocessor": "@blueprint.app_url_value_preprocessor\n"
    "def leak(endpoint, values):\n    1 / 0\n",
    "app_url_defaults": "@blueprint.app_url_defaults\ndef leak(endpoint, values):\n    1 / 0\n",
    "app_template_filter": "@blueprint.app_template_filter('upper')\n"
    "def leak(text):\n    return 'leaked'\n",
    "app_template_test": "@blueprint.app_template_test('defined')\n"
    "def leak(value):\n    return True\n",
    "app_template_global": "@blueprint.app_template_global('static_url')\n"
    "def leak(name):\n    return 'leaked'\n",
    "route on the app": "blueprint.record(lambda state: state.app.add_url_rule(\n"
    "    '/leak', 'leak', allow(ANYONE)(lambda: 'leaked')))\n",
    "teardown of the app": "blueprint.record(\n"
    "    lambda state: state.app.teardown_appcontext(lambda error: 1 / 0))\n",
    "wrapped server": "blueprint.record(\n"
    "    lambda state: setattr(state.app, 'wsgi_app', lambda environ, start: [b'leaked']))\n",
}


@pytest.mark.parametrize("name", APP_WIDE)
def test_a_blueprint_that_reaches_beyond_its_pages_leaves_no_trace(
    name: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_plugin(plugin_folder, "faulty", BLUEPRINT + "\n" + APP_WIDE[name])
    app = make_portal(folders=[plugin_folder])
    client = app.test_client()

    assert "leaked" not in client.get("/").text
    assert client.get("/leak").status_code == 404
    assert "faulty" not in app.blueprints
    status = app.extensions["portal"].registry.statuses()["faulty"]
    assert status.state == BROKEN
    assert "whole portal" in status.reason


FILE_FAULTS = {
    "template outside its folder": ({"templates/base.html": "mine"}, "templates/faulty/"),
    "static file outside its folder": ({"static/css/base.css": "mine"}, "static/faulty/"),
    "hookspecs that can't be imported": ({"hookspecs.py": "import nothing_here"}, "nothing_here"),
    "hookspecs without hooks": ({"hookspecs.py": "x = 1"}, "hookspecs"),
}


@pytest.mark.parametrize("name", FILE_FAULTS)
def test_a_fault_in_the_files_is_named(
    name: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    files, word = FILE_FAULTS[name]
    write_plugin(plugin_folder, "faulty", files=files)

    status = started(make_portal, plugin_folder)

    assert status.state == BROKEN
    assert word in status.reason


def test_a_table_without_the_plugins_prefix_is_refused(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = """
    from portal.db import Model

    class Thing(Model):
        class Meta:
            table_name = "thing"
    """
    write_plugin(plugin_folder, "tabled", code)

    status = started(make_portal, plugin_folder, "tabled")

    assert status.state == BROKEN
    assert "'thing'" in status.reason
    assert "'tabled_'" in status.reason


MANIFEST_FAULTS = {
    "no toml": ("id = ", ["plugin.toml"]),
    "unknown key": ('requires_ = ["x"]', ["'requires_'", "'requires'"]),
    "wrong kind": ('schema = "1"', ["'schema'", "int"]),
    "a list of numbers": ("requires = [1]", ["'requires'", "1"]),
    "bad range": ('requires = ["other>>1"]', ["'>>1'", "'>=0.1,<1'"]),
}


@pytest.mark.parametrize("name", MANIFEST_FAULTS)
def test_a_fault_in_the_manifest_names_key_and_remedy(
    name: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    line, words = MANIFEST_FAULTS[name]
    write_plugin(plugin_folder, "faulty", manifest=line)

    status = started(make_portal, plugin_folder)

    assert status.state == BROKEN
    for word in ["plugin.toml", *words]:
        assert word in status.reason


MANIFESTS = {
    "nothing in it": ("", "id, title, version, portal"),
    "title missing": ('id = "faulty"\nversion = "1"\nportal = ">=0.1"', "title missing"),
    "capital in the id": (
        'id = "Faulty"\ntitle = "x"\nversion = "1"\nportal = ">=0.1"',
        "small letters",
    ),
    "an id of the core's": (
        'id = "portal"\ntitle = "x"\nversion = "1"\nportal = ">=0.1"',
        "'portal'",
    ),
    "an id of a static folder": (
        'id = "css"\ntitle = "x"\nversion = "1"\nportal = ">=0.1"',
        "'css'",
    ),
    "range without numbers": (
        'id = "faulty"\ntitle = "x"\nversion = "1"\nportal = "any"',
        "'any'",
    ),
    "version without numbers": (
        'id = "faulty"\ntitle = "x"\nversion = "new"\nportal = ">=0.1"',
        "'new'",
    ),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_needs_its_few_lines(
    name: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    text, word = MANIFESTS[name]
    home = write_plugin(plugin_folder, "faulty")
    (home / "plugin.toml").write_text(text, encoding="utf-8")

    status = started(make_portal, plugin_folder)

    assert status.state == BROKEN
    assert word in status.reason


def test_a_plugin_for_another_portal_is_incompatible(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    home = write_pages(plugin_folder, "faulty")
    manifest = home / "plugin.toml"
    manifest.write_text(manifest.read_text().replace(">=0.1,<1", ">=7"), encoding="utf-8")

    status = started(make_portal, plugin_folder)

    assert status.state == INCOMPATIBLE
    assert ">=7" in status.reason


@pytest.mark.parametrize(
    ("entry", "reason"),
    [("base>=2", "Needs base>=2; 1.5 is there."), ("nobody", "Needs the plugin nobody")],
)
def test_a_plugin_without_what_it_builds_on_is_incompatible(
    entry: str, reason: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "base", version="1.5")
    write_pages(plugin_folder, "faulty", manifest=f'requires = ["{entry}"]')

    status = started(make_portal, plugin_folder)

    assert status.state == INCOMPATIBLE
    assert reason in status.reason


def test_a_plugin_that_builds_on_a_broken_one_says_so(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_plugin(plugin_folder, "base", "1 / 0")
    write_pages(plugin_folder, "faulty", manifest='requires = ["base"]')

    status = started(make_portal, plugin_folder)

    assert status.reason == "Needs base, which is broken."


def test_plugins_that_build_on_each_other_are_refused(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "egg", manifest='requires = ["faulty"]')
    write_pages(plugin_folder, "faulty", manifest='requires = ["egg"]')

    status = started(make_portal, plugin_folder)

    assert status.state == INCOMPATIBLE
    assert "egg" in status.reason


def test_two_plugins_of_one_name_are_both_refused_and_both_places_named(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "faulty")
    write_pages(plugin_folder, "faulty", place="copy_of_it")

    status = started(make_portal, plugin_folder)

    assert status.state == BROKEN
    assert "copy_of_it" in status.reason


def test_an_address_of_the_core_cannot_be_taken(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = (
        BLUEPRINT + "\n@blueprint.get('/access')\n@allow(ANYONE)\ndef page():\n    return 'mine'\n"
    )
    write_plugin(plugin_folder, "faulty", code)
    app = make_portal(folders=[plugin_folder])
    client = app.test_client()

    assert client.get("/access").text != "mine"
    status = app.extensions["portal"].registry.statuses()["faulty"]
    assert status.state == BROKEN
    assert "/access" in status.reason


def test_an_address_of_another_plugin_cannot_be_taken(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "early")
    code = (
        BLUEPRINT + "\n@blueprint.get('/early')\n@allow(ANYONE)\ndef page():\n    return 'mine'\n"
    )
    write_plugin(plugin_folder, "faulty", code)
    app = make_portal(folders=[plugin_folder])

    assert app.test_client().get("/early").text == "page of early"
    assert "/early" in app.extensions["portal"].registry.statuses()["faulty"].reason


def test_a_blueprint_name_that_is_taken_breaks_the_later_plugin_only(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "round_tables")
    code = PAGES.format(id="round").replace('Blueprint("round"', 'Blueprint("round_tables"')
    write_plugin(plugin_folder, "round", code.replace("round.page", "round_tables.page"))
    app = make_portal(folders=[plugin_folder])
    statuses = app.extensions["portal"].registry.statuses()

    assert app.test_client().get("/round_tables").status_code in {200, 404}
    assert sorted(status.state for status in statuses.values()) == ["active", "broken"]


def test_a_plugin_may_answer_hooks_of_a_plugin_that_is_not_there(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = (
        IMPL + "\n@hookimpl(optionalhook=True)\ndef ratings_score_explained(ctx):\n    return 1\n"
    )
    write_plugin(plugin_folder, "polite", code)
    app = make_portal(folders=[plugin_folder])

    assert app.extensions["portal"].registry.statuses()["polite"].reason == ""
