"""The blueprint of all pages of Site Setup."""

from __future__ import annotations

from flask import Blueprint, Response

blueprint = Blueprint("setup", __name__, url_prefix="/setup")


@blueprint.after_request
def _keep_nothing(response: Response) -> Response:
    """Leave no copy of these pages behind on a shared computer."""
    response.headers["Cache-Control"] = "no-store"
    return response
