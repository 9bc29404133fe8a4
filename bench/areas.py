"""What is measured, area by area; each writes a part of `docs/figures.md` of its own.

An area is a module of this package with `TITLE` (a heading), `ABOUT` (a paragraph: what was
measured, on which data) and `gates() -> list[Gate]`. Search is not among them: it measures sizes
against a peer and writes tables of its own.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

NAMES: tuple[str, ...] = ("agreements", "allocation", "consortia", "ratings")
"""The areas beside search, in the order of the page."""


class Missing(Exception):
    """An area's data, which can't be shipped or made up, is not on this machine."""


def area(name: str) -> ModuleType:
    """Import an area."""
    return import_module(f"bench.{name}")
