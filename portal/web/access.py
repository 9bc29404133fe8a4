"""The access table: who may call which route. A route without a row answers 403.

Views carry their rows as decorators; `table()` lists them for the published page and the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app

View = TypeVar("View", bound=Callable[..., Any])

ANYONE = "anyone"
SIGNED_IN = "signed-in"
REVIEWER = "reviewer"
ADMIN = "admin"
ACTORS = (ANYONE, SIGNED_IN, REVIEWER, ADMIN)


@dataclass(frozen=True)
class Row:
    """Who may use a view. `owner` says in words what the view checks on its object.

    `fresh` asks them to have proved a short while ago who they are (`proof_check`).
    """

    actors: str
    methods: frozenset[str]
    owner: str = ""
    csrf: bool = True
    rate: str = ""
    fresh: bool = False


@dataclass(frozen=True)
class Listed:
    """A row of the published table."""

    method: str
    rule: str
    endpoint: str
    row: Row


def allow(
    actors: str,
    *methods: str,
    owner: str = "",
    csrf: bool = True,
    rate: str = "",
    fresh: bool = False,
) -> Callable[[View], View]:
    """Give a view its access row; without methods the row holds for all of them.

    May be put on a view more than once: the first row that names the method counts.
    """
    if actors not in ACTORS:
        raise ValueError(f"Unknown actors {actors!r}. Choose one of {', '.join(ACTORS)}.")

    def mark(view: View) -> View:
        row = Row(actors, frozenset(methods), owner, csrf, rate, fresh)
        view.access_rows = [row, *getattr(view, "access_rows", ())]  # type: ignore[attr-defined]
        return view

    return mark


def access_row(view: Callable[..., Any], method: str) -> Row | None:
    """Return the row of a view for a method; HEAD and OPTIONS share GET's."""
    method = "GET" if method in {"HEAD", "OPTIONS"} else method
    for row in getattr(view, "access_rows", ()):
        if not row.methods or method in row.methods:
            return row  # type: ignore[no-any-return]
    return None


def is_served(endpoint: str | None) -> bool:
    """Whether an address is the core's or an active plugin's, by its endpoint or blueprint."""
    registry = current_app.extensions["portal"].registry
    owner = registry.owner(endpoint)
    return owner is None or registry.is_active(owner)


def table(app: Flask) -> Iterator[Listed]:
    """List every route with its row, in the order of rules; rows that are missing are left out."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda item: item.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            row = access_row(app.view_functions[rule.endpoint], method)
            if row is not None:
                yield Listed(method, rule.rule, rule.endpoint, row)
