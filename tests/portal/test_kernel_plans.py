"""Plans of acts: what must go first, who objects, what can't be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal import audit
from portal.context import ANONYMOUS, Context, system_context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.kernel.life import Plugins
from tests.portal.test_kernel_steps import FIRST, add_steps, plugins_of
from tests.throwaway import PAGES, write_pages, write_plugin

MakePortal = Callable[..., Flask]
CTX = system_context()
OBJECTS = """
@hookimpl
def plugin_objections(ctx, plugin):
    return ["Two agreements in force refer to it."] if plugin == "shop" else []
"""


def write_shop(folder: Path, code: str = "") -> None:
    add_steps(write_plugin(folder, "shop", PAGES.format(id="shop") + code), FIRST)


def shop(make_portal: MakePortal, folder: Path, code: str = "") -> Plugins:
    """Return the plugins of a portal in which a shop is active."""
    write_shop(folder, code)
    plugins = plugins_of(make_portal(plugins=[]))
    plugins.act(CTX, "shop", "activate")
    return plugins


def test_objections_are_shown_and_can_be_overruled_by_typing_the_id(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_plugin(plugin_folder, "ledger", PAGES.format(id="ledger") + OBJECTS)
    plugins = shop(make_portal, plugin_folder)
    plugins.act(CTX, "ledger", "activate")

    plan = plugins.plan(CTX, "shop", "deactivate")
    with pytest.raises(Invalid, match="Two agreements in force"):
        plugins.act(CTX, "shop", "deactivate")

    assert plan.objections == ("Two agreements in force refer to it.",)
    assert plan.needs_confirmation
    assert plugins.is_active("shop")
    plugins.act(CTX, "shop", "deactivate", "shop")
    assert not plugins.is_active("shop")


def test_an_objection_that_raises_holds_nobody_up(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = "\n@hookimpl\ndef plugin_objections(ctx, plugin):\n    return 1 / 0\n"
    plugins = shop(make_portal, plugin_folder, code)

    plugins.act(CTX, "shop", "deactivate")

    assert not plugins.is_active("shop")


def test_the_plan_of_a_deactivation_offers_those_that_build_on_it(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "annex", manifest='requires = ["shop"]')
    write_pages(plugin_folder, "tower", manifest='requires = ["annex"]')
    plugins = shop(make_portal, plugin_folder)
    plugins.act(CTX, "tower", "activate", with_others=True)

    plan = plugins.plan(CTX, "shop", "deactivate")
    with pytest.raises(Conflict, match="tower"):
        plugins.act(CTX, "shop", "deactivate")

    assert plan.others == ("tower", "annex")
    plugins.act(CTX, "shop", "deactivate", with_others=True)
    assert [status.state for status in plugins.statuses().values()] == ["installed"] * 3


def test_the_plan_of_an_activation_offers_what_it_builds_on(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "tower", manifest='requires = ["annex"]')
    write_pages(plugin_folder, "annex", manifest='requires = ["shop"]')
    write_shop(plugin_folder)
    plugins = plugins_of(make_portal(plugins=[]))

    plan = plugins.plan(CTX, "tower", "activate")
    with pytest.raises(Conflict, match="shop"):
        plugins.act(CTX, "tower", "activate")

    assert plan.others == ("shop", "annex")
    assert plan.is_long
    plugins.act(CTX, "tower", "activate", with_others=True)
    assert all(map(plugins.is_active, ("tower", "annex", "shop")))


def test_only_administrators_act(plugin_folder: Path, make_portal: MakePortal) -> None:
    plugins = shop(make_portal, plugin_folder)

    with pytest.raises(NotAllowed):
        plugins.act(Context(actor=ANONYMOUS), "shop", "deactivate")

    assert plugins.is_active("shop")


@pytest.mark.parametrize(("plugin", "act"), [("shop", "explode"), ("nobody", "activate")])
def test_unknown_acts_and_plugins_are_not_found(
    plugin: str, act: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    plugins = shop(make_portal, plugin_folder)

    with pytest.raises(NotFound):
        plugins.plan(CTX, plugin, act)


IMPOSSIBLE = [
    ([], ["deactivate", "resume", "upgrade"]),
    (["install"], ["resume"]),
    (["activate"], ["resume"]),
]


@pytest.mark.parametrize(("way", "impossible"), IMPOSSIBLE)
def test_acts_that_lead_nowhere_are_refused(
    way: list[str], impossible: list[str], plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_shop(plugin_folder)
    plugins = plugins_of(make_portal(plugins=[]))
    for act in way:
        plugins.act(CTX, "shop", act)
    before = plugins.statuses()["shop"].state

    for act in impossible:
        with pytest.raises(Conflict, match=before):
            plugins.act(CTX, "shop", act, "shop")

    assert plugins.statuses()["shop"].state == before


def test_what_others_know_of_an_act_stands_in_its_plan(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = "\n@hookimpl\ndef plugin_plan(ctx, plugin, act):\n    return [f'{act} {plugin}: 3 mails go out.']\n"
    plugins = shop(make_portal, plugin_folder, code)

    assert "deactivate shop: 3 mails go out." in plugins.plan(CTX, "shop", "deactivate").steps


def test_switching_is_written_into_the_audit(plugin_folder: Path, make_portal: MakePortal) -> None:
    shop(make_portal, plugin_folder)

    assert "plugin.switched" in [entry.action for entry in audit.AuditEntry.select()]
