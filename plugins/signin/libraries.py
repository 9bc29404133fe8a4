"""Libraries of extras that few requests need: imported when one does, so that no start waits for them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any


class Later:
    """Stands for a module; true where its package is installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __bool__(self) -> bool:
        return find_spec(self._name.partition(".")[0]) is not None

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
