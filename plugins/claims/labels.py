"""What the words of cases are called on pages, beside those of organisations."""

from __future__ import annotations

from plugins.directory.interface import field_name
from portal.i18n import _
from portal.organisations.labels import state_name

__all__ = ["case_state_name", "field_name", "kind_name", "proof_name", "state_name"]


def kind_name(kind: str) -> str:
    """Return what a case asks for."""
    names = {"claim": _("Claim"), "removal": _("Removal"), "wrong-fact": _("Wrong fact")}
    return names.get(kind, kind)


def case_state_name(state: str) -> str:
    """Return how far a case is."""
    names = {
        "open": _("waits for a reviewer"),
        "accepted": _("accepted"),
        "declined": _("declined"),
    }
    return names.get(state, state)


def proof_name(proof: str) -> str:
    """Return a way of proof; empty for none."""
    names = {
        "letter": _("Our letter or notice with the OID or PIC number"),
        "website": _("A sign that we put on our website"),
        "mail": _("Mail from an address at our own domain"),
        "members": _("Two verified people of our organisation who confirm it"),
    }
    return names.get(proof, "")
