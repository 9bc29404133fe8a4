"""Pieces of pages that many answers share: rendered once for equal values, then kept."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import current_app
from jinja2 import Environment
from markupsafe import Markup

from portal.i18n import locale

KEPT = 2_048
NAME = "partners.pieces"


class Pieces:
    """Renders macros that depend on their values and the language alone."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        # By type too: a text that is safe equals one that is not.
        self._kept = lru_cache(maxsize=KEPT, typed=True)(self._render)

    def kept(self, template: str, macro: str, *values: Any) -> Markup:
        """Render a macro for values that can be hashed, or give what was rendered before."""
        return self._kept(locale(), template, macro, *values)

    def render(self, template: str, macro: str, *values: Any) -> Markup:
        """Render a macro."""
        return self._render("", template, macro, *values)

    def clear(self) -> None:
        """Forget everything; for measuring."""
        self._kept.cache_clear()

    def _render(self, _locale: str, template: str, macro: str, *values: Any) -> Markup:
        rendered: Markup = getattr(self._environment.get_template(template).module, macro)(*values)
        return rendered


def pieces() -> Pieces:
    """Return the pieces of the current app."""
    found: Pieces | None = current_app.extensions.get(NAME)
    if found is None:
        found = current_app.extensions[NAME] = Pieces(current_app.jinja_env)
    return found
