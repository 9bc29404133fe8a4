"""What a start need not wait for: libraries that few requests need, functions that few addresses."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from werkzeug.routing import Rule


class Later:
    """Stands for a module that is imported at its first use; true where its package is installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __bool__(self) -> bool:
        return find_spec(self._name.partition(".")[0]) is not None

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


class LateRule(Rule):
    """A rule that compiles what builds its address when somebody asks for the address.

    Werkzeug compiles two functions for each rule when it is added: half of what adding costs, and a
    process builds few of its addresses.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(compile_now(append_unknown))
            return made[0](rule, **values)

        return build
