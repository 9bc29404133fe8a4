"""What the words of agreements are called on pages."""

from __future__ import annotations

from plugins.agreements import library
from plugins.agreements.models import (
    CANCELLED,
    DRAFT,
    EXPIRED,
    IN_FORCE,
    NEGOTIATION,
    READY,
    SIGNING,
    SUPERSEDED,
    TERMINATED,
)
from plugins.agreements.workflow import FLOW
from plugins.evidence.interface import levels
from portal.i18n import _


def state(name: str) -> tuple[str, str]:
    """Return how far an agreement is, and the kind of its tag."""
    found = next(item for item in FLOW.states if item.name == name)
    return str(found.title), found.tag


STATES = (
    DRAFT, NEGOTIATION, READY, SIGNING, IN_FORCE, SUPERSEDED, EXPIRED, TERMINATED, CANCELLED,
)  # fmt: skip
UNDER_WAY = (DRAFT, NEGOTIATION, READY, SIGNING)

level = levels.level


def kind(name: str, version: int = 1) -> str:
    """Return what a kind of agreement is called."""
    found = library.newest().get(name)
    return found.title if found else name


def why(name: str) -> str:
    """Return what a version came from."""
    names = {
        "begun": _("begun"),
        "changed": _("changed"),
        "corrected": _("corrected; signatures stay valid"),
        "parties": _("parties changed"),
        "brought": _("taken over"),
    }
    return names.get(name, name)
