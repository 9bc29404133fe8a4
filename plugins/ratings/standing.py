"""What others show of the scores: the search, profiles, plugins that ask `interface`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from markupsafe import Markup

from plugins.partners.interface import Quality, Shown, likely, words
from plugins.ratings import queries
from portal import settings
from portal.context import Context
from portal.i18n import _, ngettext, number

ROW = "ratings_score"
DETAILS = (
    f"SELECT organisation_id, '{ROW}', shown, '', '', '' FROM ratings_score "
    "WHERE organisation_id IN ({marks})"
)


@dataclass(frozen=True)
class Standing:
    """How an organisation was rated; the three figures are None while too few rated it."""

    score: float | None
    low: float | None
    high: float | None
    raters: int
    people: int
    label: str


def quality(ids: Sequence[int]) -> dict[int, Quality]:
    """Return the quality of those that enough have rated, for the search."""
    names = ("score", "low", "high", "raters", "people", "rank", "band")
    return {
        number: Quality(**{name: known[name] for name in names})
        for number, known in queries.stored(ids).items()
        if "score" in known
    }


def standings(ids: Collection[int]) -> dict[int, Standing]:
    """Return how organisations were rated; those whom nobody rated are left out."""
    return {number: standing(known) for number, known in queries.stored(ids).items()}


def standing(known: Mapping[str, Any]) -> Standing:
    """Return what is stored of a score, with its words."""
    raters, people = known["raters"], known["people"]
    if "score" not in known:
        return Standing(None, None, None, raters, people, _("not enough yet"))
    return Standing(
        known["score"], known["low"], known["high"], raters, people, words(figures(known))
    )


def figures(known: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the figures of a stored score as cards show them."""
    return tuple(known[name] for name in ("score", "low", "high", "raters", "people"))


def summary(ctx: Context, known: Mapping[str, Any] | None, how_url: str = "") -> dict[str, Any]:
    """Return what templates/ratings/_score.html shows."""
    least = int(settings.of(ctx, "ratings")["minimum_raters"])
    known = known or {"raters": 0, "people": 0, "rated": 0, "ended": 0}
    counted = ngettext(
        "%(rated)s of %(num)s ended placement rated",
        "%(rated)s of %(num)s ended placements rated",
        known["ended"],
        rated=number(known["rated"]),
    )
    found = {"counted": counted if known["ended"] else "", "how_url": how_url}
    if "score" not in known:
        missing = _(
            "%(raters)s of %(least)s organisations",
            raters=number(known["raters"]),
            least=number(least),
        )
        return found | {"missing": missing}
    return found | {
        "shown": number(known["score"], 1),
        "value": known["score"],
        "low": known["low"],
        "high": known["high"],
        "words": likely(figures(known)),
    }


def _known(partner: Shown) -> dict[str, Any] | None:
    rows = partner.details.get(ROW, ())
    return json.loads(rows[0][0]) if rows else None


def compared(partner: Shown) -> str:
    """Return the score of a partner in one sentence, empty while there is none."""
    known = _known(partner)
    return standing(known).label if known else ""


def aside(ctx: Context, partner: Shown) -> list[Markup]:
    """Return the card beside the profile of a claimed partner."""
    if not partner.is_claimed:
        return []
    values = summary(ctx, _known(partner), f"/ratings/about/{partner.slug}")
    return [Markup(render_template("ratings/aside.html", **values))]  # noqa: S704
