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
from portal.i18n import _, own_name


def state(name: str) -> tuple[str, str]:
    """Return how far an agreement is, and the kind of its tag."""
    found = next(item for item in FLOW.states if item.name == name)
    return str(found.title), found.tag


STATES = (
    DRAFT, NEGOTIATION, READY, SIGNING, IN_FORCE, SUPERSEDED, EXPIRED, TERMINATED, CANCELLED,
)  # fmt: skip
UNDER_WAY = (DRAFT, NEGOTIATION, READY, SIGNING)


def kind(name: str, version: int = 1) -> str:
    """Return what a kind of agreement is called."""
    found = library.newest().get(name)
    return found.title if found else name


def languages(codes: list[str]) -> str:
    """Return the names of languages."""
    return ", ".join(own_name(code) for code in codes)


def level(name: str) -> tuple[str, str]:
    """Return what a way of signing is called, and what it proves."""
    names = {
        "click": (
            _("signed here"),
            _(
                "A simple electronic signature: the person proved again who they are and signed "
                "the text that was shown."
            ),
        ),
        "link": (
            _("signed by a mailed link"),
            _(
                "A simple electronic signature: whoever opened the link that was mailed to the "
                "signer's address signed the text that was shown."
            ),
        ),
        "passkey": (
            _("signed with a passkey"),
            _(
                "A simple electronic signature: a key that the signer alone holds signed the very "
                "text that was shown."
            ),
        ),
        "paper": (
            _("signed on paper"),
            _("A scan of the paper is kept; an organisation attests that it is genuine."),
        ),
        "outside": (
            _("signed in the PDF, with another tool"),
            _(
                "The signed PDF is kept. Its text is this one, and nothing in it was changed. Whose "
                "certificate signed it is what the certificate says."
            ),
        ),
    }
    return names.get(name, (name, ""))


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
