"""Words for what is stored as short codes."""

from __future__ import annotations

from typing import Any

from plugins.meetings.models import (
    CARRIED,
    CONSENT,
    NO_QUORUM,
    NOTED,
    OPEN,
    REJECTED,
    VOTE,
    WITHDRAWN,
)
from plugins.meetings.rules import ABSTAIN, AGREE, MAYBE, NO, OBJECT, YES
from portal.i18n import _


def answer(key: str) -> str:
    """Return what an answer to an invitation is called."""
    return {YES: _("Yes, I come"), MAYBE: _("Maybe"), NO: _("No")}.get(key, key)


def choice(key: str) -> str:
    """Return what a voice is called."""
    names = {
        YES: _("Yes"),
        NO: _("No"),
        ABSTAIN: _("We abstain"),
        AGREE: _("We agree"),
        OBJECT: _("We object"),
    }
    return names.get(key, key)


def state(key: str) -> tuple[str, str]:
    """Return the state of a decision and the kind of its tag."""
    names = {
        OPEN: (_("open"), "act"),
        CARRIED: (_("decided"), "ok"),
        REJECTED: (_("not decided"), "bad"),
        NO_QUORUM: (_("too few took part"), "warn"),
        WITHDRAWN: (_("withdrawn"), ""),
    }
    return names.get(key, (key, ""))


def way(key: str) -> str:
    """Return how a decision is taken."""
    names = {
        CONSENT: _("By consent: decided when nobody objects in time"),
        VOTE: _("By vote: one voice for each member"),
        NOTED: _("Decided in a meeting"),
    }
    return names.get(key, key)


def majority(key: str) -> str:
    """Return how many must say yes."""
    names = {
        "simple": _("More yes than no"),
        "absolute": _("More than half of all members"),
        "two_thirds": _("Two thirds of those who say yes or no"),
        "three_quarters": _("Three quarters of those who say yes or no"),
        "all": _("Everybody who says yes or no"),
    }
    return names.get(key, key)


def tie(key: str) -> str:
    """Return what happens when as many say yes as no."""
    names = {
        "rejected": _("Then it is not decided"),
        "lead": _("Then the voice of the lead decides"),
    }
    return names.get(key, key)


def outcome(result: dict[str, Any], kind: str) -> str:
    """Return what came out of a decision, in a sentence."""
    if not result:
        return ""
    if kind == CONSENT:
        return {
            CARRIED: _("Nobody objected in time."),
            REJECTED: _("Members objected; talk about it and put it to them anew."),
        }.get(result["state"], "")
    if result["state"] == NO_QUORUM:
        return _(
            "%(spoke)s of %(members)s members took part, and %(needed)s were needed.",
            spoke=result["spoke"],
            members=result["members"],
            needed=result["needed"],
        )
    return _(
        "%(yes)s said yes, %(no)s no, %(abstain)s abstained, of %(members)s members.",
        yes=result["yes"],
        no=result["no"],
        abstain=result["abstain"],
        members=result["members"],
    )
