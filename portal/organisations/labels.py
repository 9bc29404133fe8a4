"""What the words of organisations are called on pages, in the language of the reader."""

from __future__ import annotations

from typing import Any

from portal.i18n import _, country_name


def type_name(kind: str) -> str:
    """Return a type of organisation as people say it."""
    return _type_names().get(kind, kind)


def _type_names() -> dict[str, str]:
    return {
        "vet-school": _("VET school"),
        "training-centre": _("Training centre"),
        "adult-education": _("Adult education"),
        "university": _("University"),
        "research": _("Research"),
        "company": _("Company"),
        "chamber": _("Chamber"),
        "social-partner": _("Social partner"),
        "public-body": _("Public body"),
        "ngo": _("Association or foundation"),
        "intermediary": _("Supporting organisation"),
        "other": _("Other"),
    }


def state_name(state: str) -> str:
    """Return how far it is known who acts for an organisation."""
    names = {
        "unclaimed": _("unclaimed"),
        "claimed": _("claimed by its people"),
        "verified": _("verified"),
    }
    return names.get(state, state)


def role_name(role: str) -> str:
    """Return a role in an organisation."""
    names = {
        "OrgMember": _("member"),
        "OrgEditor": _("editor"),
        "OrgSignatory": _("may sign"),
        "OrgAdmin": _("administrator"),
    }
    return names.get(role, role)


def field_name(field: str) -> str:
    """Return what a fact is called; unknown ones keep their key."""
    names = {
        "name": _("Name"),
        "registered_name": _("Registered name"),
        "type": _("Type"),
        "country": _("Country"),
        "region": _("Region"),
        "city": _("Town"),
        "website": _("Website"),
        "identifiers": _("Identifiers"),
        "position": _("Point on the map"),
    }
    return names.get(field, field)


def field_text(field: str, value: Any) -> str:
    """Return a fact as people read it."""
    if field == "identifiers":
        return ", ".join(f"{scheme.upper()} {number}" for scheme, number in value or ())
    if field in {"type", "country"} and value:
        return type_name(value) if field == "type" else country_name(value)
    return str(value or "")
