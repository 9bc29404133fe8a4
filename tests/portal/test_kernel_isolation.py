"""Each hook raising, one at a time: every other page answers, one record names plugin and hook."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask

from docs import generate
from portal import db, hookspecs
from portal.context import system_context
from portal.errors import PortalError
from portal.kernel.registry import FAILURES
from tests.factories import PASSWORD, make_account, make_organisation, post, sign_in
from tests.portal.test_kernel_steps import plugins_of
from tests.throwaway import PAGES, write_pages, write_plugin

MakePortal = Callable[..., Flask]
CTX = system_context()
HOOKS = generate.hook_functions()
ISOLATED = sorted(
    name for name, hook in HOOKS.items() if generate.policy(hook) == hookspecs.ISOLATE
)
PLACES = ("/", "/organisations/", "/account/", "/setup/plugins", "/access", "/tasks", "/sound",
          "/api/v1/sound", "/api/v1/openapi.json")  # fmt: skip
ASKING = ("/setup/", "/setup/health", "/organisations/new")
FAILURES_OF_CODE = {
    "a fault": "1 / 0",
    "an attribute": "ctx.nothing",
    "an exit": "raise SystemExit(1)",
}


def raising(hook: str, body: str = "1 / 0") -> str:
    return f"\n@hookimpl\ndef {hook}(ctx):\n    {body}\n"


@pytest.fixture
def beside(plugin_folder: Path) -> Path:
    """The folder of throw-away plugins beside those of the house, which ask most of the hooks."""
    importlib.import_module("plugins").__path__.append(str(generate.ROOT / "plugins"))
    return plugin_folder


UNASKED = {
    "conflict_show", "form_fill", "form_refused", "form_taken", "mail_sending", "plugin_objections",
    "upkeep_run", "version_list",
}  # fmt: skip
"""Hooks that none of the places below asks; those of forms, plans and upkeep have tests of their own."""

AT_SIGN_IN = {"session_started", "sign_in_check"}
"""Hooks that let nobody in when they fail; visitors still see every page that is theirs."""


@pytest.mark.parametrize(
    "hook",
    [
        name if name in ISOLATED else pytest.param(name, marks=pytest.mark.full)
        for name in sorted(HOOKS)
    ],
)
def test_every_page_answers_while_one_hook_raises(
    hook: str, beside: Path, make_portal: MakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    pages = PAGES.format(id="faulty")
    if hook in {"blueprint_list", "menu_list"}:
        pages = pages.split("@hookimpl")[0].replace("MenuItem, ", "")
    write_plugin(beside, "faulty", pages + raising(hook))
    write_pages(beside, "sound")
    app = make_portal()
    account = make_account(app, role="SiteAdmin")
    own = f"/organisations/{make_organisation(admin=account).slug}/"
    client = app.test_client()
    if hook in AT_SIGN_IN:
        answer = post(client, "/account/sign-in", email=account.email, password=PASSWORD)
        assert answer.status_code == 503
        assert "faulty" in answer.text
    else:
        sign_in(client, account)

    with caplog.at_level(logging.ERROR, "portal"):
        known = {rule.rule for rule in app.url_map.iter_rules()}
        for place in [*(place for place in (*PLACES, *ASKING) if place in known), own]:
            assert client.get(place, follow_redirects=True).status_code == 200, place

    records = [record.getMessage() for record in caplog.records if record.name == "portal.hooks"]
    assert len(records) == 1 if hook in set(ISOLATED) - UNASKED else len(records) <= 1
    assert all("faulty" in text and hook in text for text in records)


@pytest.mark.parametrize("hook", ["menu_list", "footer_list", "account_links", "home_show"])
@pytest.mark.parametrize("kind", FAILURES_OF_CODE)
def test_exactly_one_record_names_plugin_hook_and_line(
    kind: str,
    hook: str,
    plugin_folder: Path,
    make_portal: MakePortal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    code = "from portal.hookspecs import hookimpl\n" + raising(hook, FAILURES_OF_CODE[kind])
    write_plugin(plugin_folder, "faulty", code)
    app = make_portal()
    client = sign_in(app.test_client(), make_account(app))

    with caplog.at_level(logging.ERROR, "portal"):
        for _visit in range(FAILURES - 1):
            assert client.get("/").status_code == 200

    records = [record.getMessage() for record in caplog.records if record.name == "portal.hooks"]
    assert len(records) == 1
    assert "Plugin faulty failed" in records[0]
    assert f"in hook {hook} at" in records[0]
    assert "plugin.py:5" in records[0]


@pytest.mark.parametrize(
    "hook", [name for name in sorted(HOOKS) if generate.policy(HOOKS[name]) == hookspecs.TRANSACT]
)
def test_a_transactional_hook_that_raises_takes_everything_back(
    hook: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = "from portal.hookspecs import hookimpl\n" + raising(hook)
    write_plugin(plugin_folder, "faulty", code)
    plugins = plugins_of(make_portal())
    names = set(HOOKS[hook].__code__.co_varnames[: HOOKS[hook].__code__.co_argcount]) - {"ctx"}

    with pytest.raises(PortalError), db.transaction():
        db.execute("UPDATE heartbeat SET catalogue_seq = 77 WHERE id = 1")
        plugins.hooks.call(hook, CTX, **dict.fromkeys(names))

    assert db.query("SELECT catalogue_seq FROM heartbeat")[0][0] != 77
    assert plugins.is_active("faulty")


@pytest.mark.parametrize(
    "hook", [name for name in sorted(HOOKS) if generate.policy(HOOKS[name]) == hookspecs.DENY]
)
def test_a_denying_hook_that_raises_means_no(
    hook: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = "from portal.hookspecs import hookimpl\n" + raising(hook)
    write_plugin(plugin_folder, "faulty", code)
    plugins = plugins_of(make_portal())
    names = set(HOOKS[hook].__code__.co_varnames[: HOOKS[hook].__code__.co_argcount]) - {"ctx"}

    assert plugins.hooks.call(hook, CTX, **dict.fromkeys(names)) == [("faulty", False)]


def growth(folder: Path, make_portal: MakePortal, plugins: int, statements: int) -> list[int]:
    """Return by how many statements three pages grow with each plugin, which asks so many itself."""
    code = f"""
@hookimpl
def home_show(ctx):
    from portal import db
    from portal.hookspecs import HomeContribution
    for _time in range({statements}):
        db.query("SELECT 1")
    return HomeContribution()
"""
    names = [f"plugin{number}" for number in range(plugins)]
    for name in names:
        write_plugin(folder, name, PAGES.format(id=name) + code)
    app = make_portal()
    client = sign_in(app.test_client(), make_account(app))

    counts = []
    for name in [*names, ""]:
        for place in PLACES[:3]:
            client.get(place)  # what is kept after switching is made here
        with db.count_statements() as seen:
            for place in PLACES[:3]:
                client.get(place)
        counts.append(len(seen))
        if name:
            plugins_of(app).act(CTX, name, "deactivate")

    return [more - less for more, less in pairwise(counts)]


def test_statements_grow_by_at_most_one_per_active_plugin(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    steps = growth(plugin_folder, make_portal, plugins=8, statements=1)

    assert all(0 <= step <= 1 for step in steps), steps


def test_a_plugin_that_asks_more_than_once_is_found(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    assert growth(plugin_folder, make_portal, plugins=2, statements=2) == [2, 2]
