"""What the words of mobilities are called on pages."""

from __future__ import annotations

from datetime import date

from plugins.mobilities.models import (
    DID_NOT_HAPPEN,
    ENDED,
    EXTENDED,
    GROUP,
    HOST,
    INDIVIDUAL,
    INTERRUPTED,
    SENDING,
    STAFF,
    SUPPORTING,
)
from plugins.mobilities.workflow import FLOW
from portal.i18n import _, day


def state(name: str) -> tuple[str, str]:
    """Return how far a mobility is, and the kind of its tag."""
    found = next(item for item in FLOW.states if item.name == name)
    return str(found.title), found.tag


def kind(name: str) -> str:
    """Return what sort of mobility it is."""
    return {
        INDIVIDUAL: _("One participant"),
        GROUP: _("A group"),
        STAFF: _("Staff: job shadowing or training"),
    }.get(name, name)


def mode(name: str) -> str:
    """Return the mode of a mobility."""
    return {
        "physical": _("On site"),
        "blended": _("On site and online"),
        "virtual": _("Online"),
    }.get(name, name)


def side(name: str) -> str:
    """Return what a side of a mobility is called."""
    return {
        SENDING: _("Sending organisation"),
        HOST: _("Host"),
        SUPPORTING: _("Supporting organisation"),
    }.get(name, name)


def outcome(name: str) -> tuple[str, str]:
    """Return how a stay ended, and the kind of its tag."""
    return {
        "": (_("goes on"), "act"),
        ENDED: (_("ended"), "ok"),
        INTERRUPTED: (_("interrupted"), "warn"),
        DID_NOT_HAPPEN: (_("did not happen"), "bad"),
    }.get(name, (name, ""))


def report(name: str) -> str:
    """Return what a side reports."""
    return {
        EXTENDED: _("The stay is longer"),
        INTERRUPTED: _("The stay was interrupted"),
        DID_NOT_HAPPEN: _("The stay did not happen, or will not"),
    }.get(name, name)


def initiator(name: str) -> str:
    """Return who ended a stay before its day."""
    return {
        SENDING: _("The sending organisation"),
        HOST: _("The host"),
        SUPPORTING: _("The supporting organisation"),
        "participant": _("The participant"),
        "workplace": _("The workplace"),
        "outside": _("Nobody here: illness, weather, a visa"),
    }.get(name, name)


def answer(name: str) -> tuple[str, str]:
    """Return what became of a report, and the kind of its tag."""
    return {
        "": (_("waits for an answer"), "warn"),
        "confirmed": (_("confirmed"), "ok"),
        "objected": (_("somebody objected"), "bad"),
        "taken_back": (_("taken back"), ""),
        "settled": (_("counts, nobody answered"), ""),
    }.get(name, (name, ""))


def period(starts_on: str, ends_on: str) -> str:
    """Return the days of a stay."""
    first, last = (day(date.fromisoformat(text), "medium") for text in (starts_on, ends_on))
    return _("%(first)s to %(last)s", first=first, last=last)


def actor(name: str) -> str:
    """Return who has a part in a step."""
    names = {"participant": _("Participant"), "competent": _("Competent institution")}
    names["workplace"] = _("Workplace")
    return names.get(name) or side(name)


def phase(name: str) -> str:
    """Return a phase of the task list."""
    return {
        "partners": _("Partners: once, not for each stay"),
        "before": _("Before the stay"),
        "during": _("During the stay"),
        "after": _("After the stay"),
    }.get(name, name)
