"""Quality as the search shows and takes it: scores in words, bands, the least that somebody wants."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from portal.i18n import _, ngettext, number

LEAST = "min_quality"
"""In the address: the lowest score that somebody wants to see."""
BEST = 5
Figures = Sequence[float]
"""Score, low and high end of the likely range, organisations that rated, people who did."""


def clean(text: str) -> str:
    """Return the least score as an address says it, empty for what is none."""
    try:
        value = float(text)
    except ValueError:
        return ""
    return f"{math.ceil(value * 10 - 1e-9) / 10:g}" if 1 <= value <= BEST else ""


def asked(facets: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Return facets as the engine takes them: the least score as all scores from it on."""
    if LEAST not in facets:
        return facets
    least = round(float(facets[LEAST][0]) * 10)
    wanted = {"tenth": tuple(str(tenth) for tenth in range(least, BEST * 10 + 1))}
    return {name: values for name, values in facets.items() if name != LEAST} | wanted


def is_asked(sort: str, facets: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether somebody looks for quality, so that it is a reason why a partner is shown."""
    return sort == "quality" or not facets.keys().isdisjoint({"quality", LEAST})


def band_name(band: str) -> str:
    """Return a band in words; its highest score is a tenth below the next band's lowest."""
    if band == "45":
        return _("%(least)s and more", least=number(4.5, 1))
    if band == "10":
        return _("below %(least)s", least=number(3.0, 1))
    least = int(band) / 10 if band.isascii() and band.isdecimal() else 0
    return _("%(least)s to %(most)s", least=number(least, 1), most=number(least + 0.4, 1))


def likely(figures: Figures) -> str:
    """Return how sure a score is: the likely range, and who stands behind it."""
    _score, low, high, raters, people = figures
    return _(
        "likely %(low)s to %(high)s, %(organisations)s, %(people)s",
        low=number(low, 1),
        high=number(high, 1),
        organisations=ngettext("%(num)s organisation", "%(num)s organisations", int(raters)),
        people=ngettext("%(num)s person", "%(num)s people", int(people)),
    )


def words(figures: Figures) -> str:
    """Return a score in one sentence."""
    return _("%(score)s, %(likely)s", score=number(figures[0], 1), likely=likely(figures))


def as_json(figures: Figures) -> dict[str, Any] | None:
    """Return a score for programs, None for those of whom not enough is known."""
    if not figures:
        return None
    names = ("score", "low", "high", "raters")
    return dict(zip(names, figures, strict=False)) | {"label": words(figures)}
