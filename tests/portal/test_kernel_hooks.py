"""No plugin's failure reaches a page, another plugin, or a decision it should not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import db, hookspecs
from portal.clock import FixedClock
from portal.context import Context, system_context
from portal.errors import Conflict, Unavailable
from portal.kernel.hooks import Hooks
from portal.kernel.models import Plugin
from portal.kernel.registry import FAILURES
from tests.throwaway import PAGES, write_pages, write_plugin

MakePortal = Callable[..., Flask]

IMPL = "from portal.hookspecs import HomeContribution, MenuItem, hookimpl\n"
ASKED_BY_HOME = ("menu_list", "footer_list", "home_show")


def impl(hook: str, body: str) -> str:
    return f"{IMPL}\n@hookimpl\ndef {hook}(ctx):\n    {body}\n"


def state_of(plugin: str) -> tuple[str, str]:
    row = Plugin.get_by_id(plugin)
    return row.state, row.reason


@pytest.mark.parametrize("hook", ASKED_BY_HOME)
@pytest.mark.parametrize(
    "failure",
    ["1 / 0", "None.nothing", "raise SystemExit(1)", "raise BaseException('odd')"],
)
def test_a_raising_hook_costs_its_contribution_and_one_log_record(
    hook: str,
    failure: str,
    plugin_folder: Path,
    make_portal: MakePortal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_plugin(plugin_folder, "faulty", impl(hook, failure))
    write_pages(plugin_folder, "sound")
    client = make_portal(folders=[plugin_folder]).test_client()

    with caplog.at_level(logging.ERROR, "portal"):
        pages = [client.get("/") for _visit in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert "Entry of sound" in pages[0].text
    records = [record for record in caplog.records if record.name == "portal.hooks"]
    assert len(records) == 1
    assert "faulty" in records[0].getMessage()
    assert hook in records[0].getMessage()


ODD_ANSWERS = {
    "menu: a number": impl("menu_list", "return 7"),
    "menu: a single item": impl("menu_list", "return MenuItem('x', 'pages.home')"),
    "menu: pairs": impl("menu_list", "return [('label', '/address')]"),
    "menu: a page that is not there": impl("menu_list", "return [MenuItem('x', 'no.page')]"),
    "menu: an order that is no number": impl(
        "menu_list", "return [MenuItem('x', 'pages.home', 'first')]"
    ),
    "footer: text": impl("footer_list", "return 'Imprint'"),
    "home: a dictionary": impl("home_show", "return {'hero': None}"),
    "home: an order that is no number": impl("home_show", "return HomeContribution(order='first')"),
}


@pytest.mark.parametrize("name", ODD_ANSWERS)
def test_an_answer_of_the_wrong_kind_counts_as_a_failure(
    name: str,
    plugin_folder: Path,
    make_portal: MakePortal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_plugin(plugin_folder, "faulty", ODD_ANSWERS[name])
    write_pages(plugin_folder, "sound")
    client = make_portal(folders=[plugin_folder]).test_client()

    with caplog.at_level(logging.ERROR, "portal"):
        page = client.get("/")

    assert page.status_code == 200
    assert "Entry of sound" in page.text
    assert "faulty" in caplog.text


def test_five_failures_suspend_a_plugin_for_every_worker(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_plugin(
        plugin_folder,
        "faulty",
        PAGES.format(id="faulty") + "\n@hookimpl\ndef home_show(ctx):\n    1 / 0\n",
    )
    client = make_portal(folders=[plugin_folder]).test_client()

    for _visit in range(FAILURES - 1):
        assert client.get("/").status_code == 200
    assert state_of("faulty")[0] == "active"
    assert client.get("/").status_code == 200

    state, reason = state_of("faulty")
    assert state == "suspended"
    assert "home_show" in reason
    assert "Entry of faulty" not in client.get("/").text
    refused = client.get("/faulty")
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0


def test_a_suspended_plugin_that_is_switched_on_again_starts_with_a_clean_slate(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_plugin(plugin_folder, "faulty", impl("home_show", "1 / 0"))
    app = make_portal(folders=[plugin_folder])
    client = app.test_client()
    for _visit in range(FAILURES + 1):
        client.get("/")
    assert state_of("faulty")[0] == "suspended"

    with app.app_context():
        app.extensions["portal"].registry.activate(system_context(), "faulty")
    client.get("/")

    assert state_of("faulty")[0] == "active"


# The dispatcher, without a portal around it.


class Answers:
    """A plugin whose hooks do as they are told."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    @hookspecs.hookimpl
    def menu_list(self, ctx: Context) -> Any:
        return self.answer()

    @hookspecs.hookimpl
    def organisation_changed(self, ids: list[int]) -> Any:
        return self.answer()

    @hookspecs.hookimpl
    def trial_may(self, ctx: Context) -> Any:
        return self.answer()


class Denying:
    """Declares a hook that is asked for a permission."""

    @staticmethod
    @hookspecs.hookspec(hookspecs.DENY)
    def trial_may(ctx: Context) -> bool:
        """Say whether something is allowed."""
        raise AssertionError("a specification is never called")


def raising(error: BaseException) -> Callable[[], Any]:
    def act() -> Any:
        raise error

    return act


def make_hooks(**plugins: Callable[[], Any]) -> tuple[Hooks, list[tuple[str, str]]]:
    tripped: list[tuple[str, str]] = []
    hooks = Hooks(lambda plugin, hook, _error: tripped.append((plugin, hook)))
    hooks.manager.add_hookspecs(Denying)
    for name, answer in plugins.items():
        hooks.manager.register(Answers(answer), name)
    hooks.activate(plugins)
    return hooks, tripped


CTX = system_context()


def test_plugins_are_asked_in_the_order_of_their_ids() -> None:
    hooks, _tripped = make_hooks(zebra=lambda: ["z"], ant=lambda: ["a"])

    assert [plugin for plugin, _answer in hooks.call("trial_may", CTX)] == ["ant", "zebra"]


def test_silence_is_left_out() -> None:
    hooks, _tripped = make_hooks(one=lambda: None, two=lambda: [])

    assert hooks.call("menu_list", CTX) == [("two", [])]


def test_inactive_plugins_are_not_asked() -> None:
    hooks, _tripped = make_hooks(one=lambda: [], two=lambda: [])
    hooks.activate(["two"])

    assert hooks.call("menu_list", CTX) == [("two", [])]


def test_a_transactional_hook_raises_what_the_plugin_raised() -> None:
    hooks, tripped = make_hooks(one=raising(Conflict("not now")))

    with pytest.raises(Conflict, match="not now"):
        hooks.call("organisation_changed", CTX, ids=[1])
    assert tripped == []


def test_an_exit_inside_a_transaction_becomes_an_error_of_the_operation() -> None:
    hooks, _tripped = make_hooks(one=raising(SystemExit(1)))

    with pytest.raises(Exception, match="one") as caught:
        hooks.call("organisation_changed", CTX, ids=[1])
    assert isinstance(caught.value, Exception)


def test_a_transactional_failure_takes_everything_back(database: None) -> None:
    hooks, _tripped = make_hooks(one=raising(RuntimeError("disk")))

    with pytest.raises(Unavailable, match="one"), db.transaction():
        db.execute("UPDATE heartbeat SET catalogue_seq = 77 WHERE id = 1")
        hooks.call("organisation_changed", CTX, ids=[1])

    assert db.query("SELECT catalogue_seq FROM heartbeat")[0][0] != 77


def test_a_permission_hook_that_raises_says_no() -> None:
    hooks, _tripped = make_hooks(one=raising(RuntimeError()), two=lambda: True)

    assert hooks.call("trial_may", CTX) == [("one", False), ("two", True)]


def test_ctrl_c_ends_the_program_even_inside_a_hook() -> None:
    hooks, _tripped = make_hooks(one=raising(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        hooks.call("menu_list", CTX)


def test_a_sequence_that_fails_half_way_costs_only_its_own_plugin() -> None:
    def half() -> Any:
        yield hookspecs.MenuItem("first", "pages.home")
        raise RuntimeError("half way")

    hooks, _tripped = make_hooks(one=half, two=lambda: [hookspecs.MenuItem("second", "pages.home")])

    assert "second" in [item.label for item in hooks.each("menu_list", CTX)]


def test_failures_far_apart_do_not_suspend(
    plugin_folder: Path, make_portal: MakePortal, clock: FixedClock
) -> None:
    write_plugin(plugin_folder, "faulty", impl("home_show", "1 / 0"))
    client = make_portal(folders=[plugin_folder]).test_client()

    for _visit in range(3 * FAILURES):
        client.get("/")
        clock.moment += timedelta(seconds=200)

    assert state_of("faulty")[0] == "active"


def test_the_fifth_failure_within_ten_minutes_suspends(
    plugin_folder: Path, make_portal: MakePortal, clock: FixedClock
) -> None:
    write_plugin(plugin_folder, "faulty", impl("home_show", "1 / 0"))
    client = make_portal(folders=[plugin_folder]).test_client()

    for _visit in range(FAILURES):
        assert state_of("faulty")[0] == "active"
        client.get("/")
        clock.moment += timedelta(seconds=140)

    assert state_of("faulty")[0] == "suspended"
