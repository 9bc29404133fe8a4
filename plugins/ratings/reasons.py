"""Why voices count less, in a sentence for moderators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from plugins.ratings import rings
from plugins.ratings.rings import Finding
from portal.i18n import _, day, ngettext, number, percent

NAMED = 10
"""Organisations named in a sentence; more are counted."""


def sentences(findings: Iterable[Finding], names: Mapping[str, str]) -> list[str]:
    """Say each of them; what members of one group say about each other is one sentence."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    found = []
    for item in findings:
        if item.kind == rings.GROUP:
            groups.setdefault(item.members, []).append(item)
        else:
            found.append(sentence(item, names))
    return [*(_group(items, names) for items in groups.values()), *found]


def _group(items: list[Finding], names: Mapping[str, str]) -> str:
    heard = [item.outside for item in items if item.outside is not None]
    inside = sum(item.inside for item in items) / len(items)
    praise = _(
        "%(members)s praise each other: %(people)s ratings, %(inside)s stars on average.",
        members=_listed(items[0].members, names),
        people=number(sum(item.people for item in items)),
        inside=number(inside, 1),
    )
    outside = sum(heard) / len(heard) if heard else None
    return f"{praise} {_compared(outside, sum(item.share for item in items) / len(items))}"


def sentence(item: Finding, names: Mapping[str, str]) -> str:
    """Say who, what the marks are, what others say, and what is left of the weight."""
    if item.kind == rings.GROUP:
        return _group([item], names)
    if item.kind == rings.MUTUAL:
        discount = _("Their weights are discounted as those of all who rate each other.")
        return f"{_what(item, names)} {discount}"
    return f"{_what(item, names)} {_compared(item.outside, item.share)}"


def _listed(raters: tuple[str, ...], names: Mapping[str, str]) -> str:
    if len(raters) > NAMED:
        return ngettext("%(num)s organisation", "%(num)s organisations", len(raters))
    return ", ".join(names.get(rater, rater) for rater in raters)


def _what(item: Finding, names: Mapping[str, str]) -> str:
    values = {
        "rated": names.get(item.rated, item.rated),
        "raters": _listed(item.raters, names),
        "people": number(item.people),
        "inside": number(item.inside, 1),
    }
    if item.kind == rings.STRANGERS:
        return _(
            "%(raters)s rate %(rated)s and have to do with nobody else: %(people)s ratings, "
            "%(inside)s stars on average.",
            **values,
        )
    if item.kind == rings.BURST and item.month:
        return _(
            "In %(month)s far more than usual rated %(rated)s: %(raters)s, %(inside)s stars on "
            "average.",
            month=day(date(*item.month, 1), "MMMM y"),
            **values,
        )
    if item.kind == rings.MUTUAL:
        return _(
            "%(members)s rated each other often: %(people)s ratings, %(inside)s stars on average.",
            members=_listed(item.members, names),
            **values,
        )
    return _(
        "At least half of all ratings of %(rated)s come from %(raters)s: %(people)s ratings, "
        "%(inside)s stars on average.",
        **values,
    )


def _compared(outside: float | None, share: float) -> str:
    left = percent(round(share * 100))
    if outside is None:
        return _("Nobody else rated them yet. %(left)s of the weight is left.", left=left)
    return _(
        "Independent raters give %(outside)s. %(left)s of the weight is left.",
        outside=number(outside, 1),
        left=left,
    )
