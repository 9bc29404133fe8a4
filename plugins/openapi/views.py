"""The description as programs read it."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from plugins.openapi import description
from portal.web.access import ANYONE, allow

blueprint = Blueprint("openapi", __name__, url_prefix=description.PREFIX)
blueprint.record(lambda state: description.describe(state.app))


@blueprint.get("/openapi.json")
@allow(ANYONE)
def document() -> ResponseReturnValue:
    """Return the OpenAPI document; routes of plugins that take no part are not in it."""
    return description.document()
