"""How the stays of a partner ended, for its profile and comparisons: a fact, never part of a score."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from plugins.mobilities.facts import Completion
from plugins.mobilities.models import DID_NOT_HAPPEN, ENDED, INTERRUPTED, SIDES
from plugins.partners.interface import Shown
from portal.i18n import ngettext, number

ROW = "mobilities_ended"
ENOUGH = 3
"""Stays from which on something is said: of fewer, everybody would know whose they were."""
_SIDES = " UNION ALL ".join(
    f"SELECT id, {side}_id AS organisation_id FROM mobilities_mobility WHERE evidence = 'live'"
    for side in SIDES
)
DETAILS = (
    f"SELECT s.organisation_id, '{ROW}', p.outcome, CAST(COUNT(*) AS TEXT), '', '' "
    f"FROM ({_SIDES}) AS s JOIN mobilities_placement p ON p.mobility_id = s.id "
    "WHERE p.outcome <> '' AND s.organisation_id IN ({marks}) "
    "GROUP BY s.organisation_id, p.outcome"
)


def completion(shown: Shown) -> Completion | None:
    """Return how the stays of a partner ended, None for too few."""
    counts = {row[0]: int(row[1]) for row in shown.details.get(ROW, ())}
    found = Completion(*(counts.get(name, 0) for name in (ENDED, INTERRUPTED, DID_NOT_HAPPEN)))
    return found if sum(counts.values()) >= ENOUGH else None


def sentence(shown: Shown) -> str:
    """Return how the stays of a partner ended in a sentence, empty for too few."""
    found = completion(shown)
    if found is None:
        return ""
    return ngettext(
        "%(ended)s of %(num)s stay ended as planned",
        "%(ended)s of %(num)s stays ended as planned",
        found.ended + found.interrupted + found.did_not_happen,
        ended=number(found.ended),
    )


def aside(shown: Shown) -> list[Markup]:
    """Return the card beside a profile, for those with enough stays."""
    found = completion(shown)
    if found is None:
        return []
    rest = [
        (
            found.interrupted,
            ngettext("%(num)s was interrupted", "%(num)s were interrupted", found.interrupted),
        ),
        (
            found.did_not_happen,
            ngettext("%(num)s did not happen", "%(num)s did not happen", found.did_not_happen),
        ),
    ]
    others = " · ".join(text for count, text in rest if count)
    return [
        Markup(render_template("mobilities/aside.html", sentence=sentence(shown), others=others))  # noqa: S704
    ]
