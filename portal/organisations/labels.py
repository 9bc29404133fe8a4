"""What the words of organisations are called on pages, in the language of the reader."""

from __future__ import annotations

from typing import Any

from portal.i18n import country_name
from portal.i18n import lazy_gettext as lazy

_TYPES = {
    "vet-school": lazy("VET school"),
    "training-centre": lazy("Training centre"),
    "adult-education": lazy("Adult education"),
    "university": lazy("University"),
    "research": lazy("Research"),
    "company": lazy("Company"),
    "chamber": lazy("Chamber"),
    "social-partner": lazy("Social partner"),
    "public-body": lazy("Public body"),
    "ngo": lazy("Association or foundation"),
    "intermediary": lazy("Supporting organisation"),
    "other": lazy("Other"),
}
_STATES = {
    "unclaimed": lazy("unclaimed"),
    "claimed": lazy("claimed by its people"),
    "verified": lazy("verified"),
}
_ROLES = {
    "OrgMember": lazy("member"),
    "OrgEditor": lazy("editor"),
    "OrgSignatory": lazy("may sign"),
    "OrgAdmin": lazy("administrator"),
}
_FIELDS = {
    "name": lazy("Name"),
    "registered_name": lazy("Registered name"),
    "type": lazy("Type"),
    "country": lazy("Country"),
    "region": lazy("Region"),
    "city": lazy("Town"),
    "website": lazy("Website"),
}


def type_name(kind: str) -> str:
    """Return a type of organisation as people say it."""
    return str(_TYPES.get(kind, kind))


def state_name(state: str) -> str:
    """Return how far it is known who acts for an organisation."""
    return str(_STATES.get(state, state))


def role_name(role: str) -> str:
    """Return a role in an organisation."""
    return str(_ROLES.get(role, role))


def field_name(field: str) -> str:
    """Return what a fact is called; unknown ones keep their key."""
    return str(_FIELDS.get(field, field))


def field_text(field: str, value: Any) -> str:
    """Return a fact as people read it."""
    if field == "country" and value:
        return country_name(value)
    return type_name(value) if field == "type" else str(value or "")
