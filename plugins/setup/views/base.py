"""The blueprint of all pages of Site Setup."""

from __future__ import annotations

from flask import Blueprint

from portal.people.views import keep_nothing

blueprint = Blueprint("setup", __name__, url_prefix="/setup")
blueprint.after_request(keep_nothing)
