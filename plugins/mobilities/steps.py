"""What has to be done before, during and after a stay, by whom and until when: versioned lists.

Source: the checklist with owners of the ECVET key actions and the quality commitments by actor. A
list that was ever used is never changed: a new one gets the next number, and mobilities go on with
the one they began with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import current_app

from plugins.mobilities.models import HOST, SENDING, STAFF, SUPPORTING, Mobility
from portal import objects
from portal.context import Context, system_context
from portal.i18n import lazy_gettext as lazy

PARTICIPANT, COMPETENT = "participant", "competent"
PARTNERS, BEFORE, DURING, AFTER = "partners", "before", "during", "after"
PHASES = (PARTNERS, BEFORE, DURING, AFTER)
START, END = "start", "end"
NEWEST = 1
LEAST_NOTICE = timedelta(days=14)
"""A step whose day would be over when a stay is planned late is due so soon after."""
_ACTORS = {"S": SENDING, "H": HOST, "I": SUPPORTING, "L": PARTICIPANT, "C": COMPETENT}


@dataclass(frozen=True)
class Step:
    """A step: who leads, who helps, when it is due (days from the first or last day), what proves it."""

    key: str
    phase: str
    title: Any
    lead: str
    helpers: tuple[str, ...]
    anchor: str
    days: int
    proof: Any

    @property
    def actors(self) -> tuple[str, ...]:
        """Everybody who has a part in it, who leads first."""
        return (self.lead, *self.helpers)


def _step(key: str, title: Any, who: str, due: tuple[str, int], proof: Any) -> Step:
    phases = {"P": PARTNERS, "B": BEFORE, "D": DURING, "A": AFTER}
    lead, *helpers = (_ACTORS[letter] for letter in who)
    return Step(key, phases[key[0]], title, lead, tuple(helpers), *due, proof)


def _before(days: int) -> tuple[str, int]:
    return START, -days


def _into(days: int) -> tuple[str, int]:
    return START, days


def _after(days: int) -> tuple[str, int]:
    return END, days


_FIRST = (
    _step(
        "P1", lazy("Your leadership backs mobility, and one person looks after it"), "SH",
        _before(180), lazy("letter, or the place in your plan"),
    ),
    _step(
        "P2", lazy("Find out who may assess, validate and recognise in both countries"), "SHC",
        _before(170), lazy("names for each role"),
    ),
    _step(
        "P3", lazy("Find, compare and contact partners"), "SI",
        _before(160), lazy("search or request"),
    ),
    _step(
        "P4", lazy("Check the partner: identity, ratings, references"), "SH",
        _before(150), lazy("what you looked at"),
    ),
    _step(
        "P5", lazy("Preparatory visit or video meeting"), "SHI",
        _before(140), lazy("minutes"),
    ),
    _step(
        "B1", lazy("Memorandum of understanding drafted, reviewed and signed"), "SHC",
        _before(120), lazy("the signed memorandum"),
    ),
    _step(
        "B2", lazy("Units of learning outcomes chosen and matched"), "SHC",
        _before(100), lazy("list of units"),
    ),
    _step(
        "B3", lazy("Assessment agreed: who, how, where, when, with which quality control"), "HS",
        _before(90), lazy("assessment plan"),
    ),
    _step(
        "B4", lazy("Form of the record agreed"), "SH",
        _before(90), lazy("chosen template"),
    ),
    _step(
        "B5", lazy("Validation and recognition promised, with a day"), "SC",
        _before(90), lazy("clause with the day"),
    ),
    _step(
        "B6", lazy("Open call and transparent selection"), "S",
        _before(90), lazy("criteria and result"),
    ),
    _step(
        "B7", lazy("Needs of people with fewer opportunities, and what is arranged"), "SHL",
        _before(70), lazy("the plan; only those read it who need to"),
    ),
    _step(
        "B8", lazy("Goals, CV and application to the host"), "LS",
        _before(60), lazy("application"),
    ),
    _step(
        "B9", lazy("The host matches the placement and names a tutor"), "HI",
        _before(45), lazy("acceptance, name of the tutor"),
    ),
    _step(
        "B10", lazy("Learning agreement signed by all, by a guardian too for minors"), "SHLI",
        _before(30), lazy("the signed agreement"),
    ),
    _step(
        "B11", lazy("Grant agreement signed"), "SL",
        _before(30), lazy("the signed agreement"),
    ),
    _step(
        "B12", lazy("Preparation: language, culture, safety, the work itself"), "SHL",
        _before(21), lazy("what was done"),
    ),
    _step(
        "B13", lazy("First meeting with the host, online"), "HL",
        _before(21), lazy("day of the meeting"),
    ),
    _step(
        "B14", lazy("Travel, housing, accident and liability insurance, health card, visa"), "SIL",
        _before(14), lazy("bookings and policies"),
    ),
    _step(
        "B15", lazy("Emergency contacts and channels"), "SHI",
        _before(7), lazy("a card in the participant's language"),
    ),
    _step(
        "B16", lazy("Data protection notice and consents"), "SH",
        _before(14), lazy("record of consents"),
    ),
    _step(
        "D1", lazy("Arrival, induction and safety briefing"), "HI",
        _into(2), lazy("confirmation"),
    ),
    _step(
        "D2", lazy("Tasks as agreed, with a diary"), "HL",
        _into(7), lazy("diary"),
    ),
    _step(
        "D3", lazy("The sending side keeps in touch"), "S",
        _into(5), lazy("days and notes"),
    ),
    _step(
        "D4", lazy("Look at it half-way, change what must be changed"), "SHL",
        _into(10), lazy("changes with reasons"),
    ),
    _step(
        "D5", lazy("Whatever went wrong was dealt with"), "HSI",
        _after(0), lazy("what happened, what was done; no names"),
    ),
    _step(
        "D6", lazy("Assessment as planned"), "HC",
        _after(0), lazy("a result for each outcome"),
    ),
    _step(
        "D7", lazy("Transcript, or Europass Mobility filled in"), "H",
        _after(3), lazy("the signed record"),
    ),
    _step(
        "D8", lazy("Confirmation of attendance"), "H",
        _after(3), lazy("the signed confirmation"),
    ),
    _step(
        "A1", lazy("Compare what was done with what was agreed"), "S",
        _after(7), lazy("what is missing"),
    ),
    _step(
        "A2", lazy("Validation"), "SC",
        _after(21), lazy("a decision for each outcome"),
    ),
    _step(
        "A3", lazy("Recognition: credit, unit, certificate, entry in the record"), "SC",
        _after(30), lazy("the award, with its day"),
    ),
    _step(
        "A4", lazy("Credential issued"), "S",
        _after(45), lazy("a file that can be checked"),
    ),
    _step(
        "A5", lazy("Report, and talk about it back home"), "LS",
        _after(14), lazy("report"),
    ),
    _step(
        "A6", lazy("Everybody rates the others"), "SHIL",
        _after(30), lazy("released together"),
    ),
    _step(
        "A7", lazy("The partners look back together"), "SHI",
        _after(60), lazy("notes, changes for next time"),
    ),
    _step(
        "A8", lazy("Share the results"), "SLH",
        _after(90), lazy("where it can be read"),
    ),
    _step(
        "A9", lazy("Ask a year later what became of it"), "SL",
        _after(365), lazy("short survey"),
    ),
)  # fmt: skip
LISTS: Mapping[int, tuple[Step, ...]] = {1: _FIRST}
_NOT_FOR_STAFF = frozenset("B2 B3 B4 B5 D6 D7 A2 A3 A4".split())
_NOT_ONLINE = frozenset({"B14"})
BY_STEP: Mapping[str, tuple[str, ...]] = {
    "agree": ("B9",),
    "begin": ("D1",),
    "assess": ("D6",),
    "recognise": ("A2", "A3"),
}
"""What is done with a step of the workflow."""


OWN_FROM = 1_000
"""Lists from this number on are an organisation's own; whoever answers `mobilities_steps` has them."""
KEPT = "mobilities.steps"


class Steps(dict[str, Step]):
    """Steps by key; one whose list nobody knows any more is still a step."""

    def __missing__(self, key: str) -> Step:
        title = lazy("A step of the organisation's own list")
        return _USUAL.get(key) or Step(key, BEFORE, title, SENDING, (), START, 0, "")


_USUAL = {step.key: step for step in LISTS[NEWEST]}


def steps_of(number: int) -> Mapping[str, Step]:
    """Return the steps of a list by their keys."""
    if number in LISTS:
        return Steps({step.key: step for step in LISTS[number]})
    kept = current_app.extensions.setdefault(KEPT, {})
    if number not in kept:
        hooks = objects.registry().hooks
        rows = list(hooks.each("mobilities_steps", system_context(), number=number))
        if not rows:
            return Steps(_USUAL)
        kept[number] = Steps({row["key"]: Step(**row) for row in rows})
    found: Mapping[str, Step] = kept[number]
    return found


def newest(ctx: Context, mobility: Mobility) -> int:
    """Return the list with which a mobility begins that is planned now: the highest that is named."""
    hooks = objects.registry().hooks
    both = {"organisation_id": mobility.sending_id, "host_id": mobility.host_id}
    own = hooks.call("mobilities_list", ctx, **both, starts_on=mobility.starts_on)
    return max((number for _plugin, number in own if number >= OWN_FROM), default=NEWEST)


def fitting(kind: str, mode: str, number: int = NEWEST) -> list[Step]:
    """Return the steps of a list for a kind of mobility."""
    gone = _NOT_FOR_STAFF if kind == STAFF else frozenset()
    gone |= _NOT_ONLINE if mode == "virtual" else frozenset()
    return [step for step in steps_of(number).values() if step.key not in gone]


def due_on(step: Step, starts_on: date, ends_on: date, planned_on: date) -> date:
    """Return the day until which a step is done; never before there was time for it.

    What comes during a stay lies within it; its check is half-way.
    """
    at = starts_on if step.anchor == START else ends_on
    day = at + timedelta(days=step.days)
    if step.key == "D4":
        return starts_on + (ends_on - starts_on) // 2
    if step.phase == DURING and step.anchor == START:
        return min(day, ends_on)
    if step.phase in {PARTNERS, BEFORE}:
        return max(day, min(planned_on + LEAST_NOTICE, starts_on - timedelta(days=1)))
    return day
