"""The blueprint of all pages, and what they share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.people.views import keep_nothing

blueprint = Blueprint("rules", __name__, url_prefix="/setup")
blueprint.after_request(keep_nothing)


def here(**changed: Any) -> str:
    """Return the address of this page with some of its parameters changed; None drops one."""
    values: dict[str, Any] = {**(request.view_args or {}), **request.args.to_dict(), **changed}
    kept = {key: value for key, value in values.items() if value not in (None, "")}
    return url_for(request.endpoint or "", **kept)


def after() -> int | None:
    """Return the key behind which this page of a list begins."""
    return number(request.args.get("after", ""))


def number(text: str) -> int | None:
    """Return a number that was sent along, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
