"""What the words of trust sheets are called on pages."""

from __future__ import annotations

from typing import Any

from portal.i18n import _


def reliance(name: str) -> tuple[str, str]:
    """Return one of the four ways of relying on a partner, and what it means."""
    names: dict[str, tuple[Any, Any]] = {
        "learning": (_("Learning offered"), _("What participants learn there is what you need.")),
        "mentoring": (_("Mentoring"), _("Somebody looks after participants at work and outside.")),
        "documentation": (
            _("Documentation"),
            _("Results come in time and in the form that you agreed."),
        ),
        "assessment": (
            _("Quality of assessment"),
            _("What was assessed there can be recognised at home without assessing it again."),
        ),
    }
    return names.get(name, (name, ""))


def level(name: str) -> tuple[str, str]:
    """Return how far something speaks for a partner, and the kind of its tag."""
    names = {
        "none": (_("nothing yet"), ""),
        "claimed": (_("claimed"), "warn"),
        "old": (_("old evidence"), "warn"),
        "evidenced": (_("evidenced"), "act"),
        "verified": (_("verified by the partner"), "ok"),
    }
    return names[name]
