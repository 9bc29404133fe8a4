"""What asking plugins through the dispatcher costs, against calling their functions."""

from __future__ import annotations

import timeit
from collections.abc import Sequence

from bench.gates import Gate
from portal.context import Context, system_context
from portal.hookspecs import MenuItem, hookimpl
from portal.kernel.hooks import Hooks

PLUGINS = 8
CALLS = 2_000
ROUNDS = 15


class Plugin:
    """Answers as a real one does: with an entry of the menu that depends on who asks."""

    def __init__(self, name: str) -> None:
        self.name = name

    @hookimpl
    def menu_list(self, ctx: Context) -> Sequence[MenuItem]:
        """Offer an entry."""
        return [MenuItem(f"Entry of {self.name} for {ctx.locale}", f"{self.name}.page")]


def ratio() -> float:
    """Return the time of the dispatcher for one hook of eight plugins, by that of eight calls."""
    plugins = [Plugin(f"plugin{number}") for number in range(PLUGINS)]
    hooks, ctx = Hooks(lambda *_failure: None), system_context()
    for plugin in plugins:
        hooks.manager.register(plugin, plugin.name)
    hooks.activate(plugin.name for plugin in plugins)
    functions = [(plugin.name, plugin.menu_list) for plugin in plugins]

    def direct() -> list[tuple[str, Sequence[MenuItem]]]:
        return [(name, function(ctx)) for name, function in functions]

    assert hooks.call("menu_list", ctx) == direct()
    pairs = [
        (timeit.timeit(lambda: hooks.call("menu_list", ctx), number=CALLS),
         timeit.timeit(direct, number=CALLS))
        for _round in range(ROUNDS)
    ]  # fmt: skip
    return min(ours for ours, _theirs in pairs) / min(theirs for _ours, theirs in pairs)


def gate() -> Gate:
    """Return the row of the report."""
    what = f"One hook of {PLUGINS} active plugins against direct calls"
    return Gate(what, ratio(), 2.0, 1.5, at_least=False)
