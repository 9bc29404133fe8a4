"""The blueprint of all pages."""

from __future__ import annotations

from flask import Blueprint

from portal.people.views import keep_nothing

blueprint = Blueprint("notices", __name__)
blueprint.after_request(keep_nothing)


def number(text: str) -> int | None:
    """Return a number that was sent along, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
