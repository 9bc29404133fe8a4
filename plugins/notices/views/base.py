"""The blueprint of all pages."""

from __future__ import annotations

from flask import Blueprint, Response

blueprint = Blueprint("notices", __name__)


@blueprint.after_request
def _keep_nothing(response: Response) -> Response:
    """Leave no copy of these pages behind on a shared computer."""
    response.headers["Cache-Control"] = "no-store"
    return response


def number(text: str) -> int | None:
    """Return a number that was sent along, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
