"""What the pages of requests share."""

from __future__ import annotations

from flask import Blueprint

from plugins.claims.models import Case
from plugins.claims.rules import appeal_until
from portal.people import throttle

blueprint = Blueprint("claims", __name__, url_prefix="/organisations")
contact = Blueprint("claims_contact", __name__)

CASE_NETWORK = throttle.Limit("case-network", 20, 3_600)
"""Requests about entries from one network."""


def statement(case: Case) -> dict[str, object]:
    """Return what templates/claims/_statement.html shows of a decision."""
    return {
        "case": case,
        "appeal_until": appeal_until(case.decided_at) if case.decided_at else None,
    }
