"""What scripts ask while somebody types an occupation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request

from plugins.occupations import naming
from portal.i18n import locale
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("occupations", __name__)
LONGEST = 100


@blueprint.get("/occupations/suggested")
@allow(SIGNED_IN)
def suggested() -> Any:
    """Return names of occupations that begin with what was typed, in the language of the page."""
    return jsonify(labels=naming.suggested(request.args.get("q", "")[:LONGEST], locale()))
