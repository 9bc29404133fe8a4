"""How one score came about, for everybody; what stands out, for reviewers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import g, redirect, render_template
from flask.typing import ResponseReturnValue

from plugins.ratings import labels, pictures, queries, rings, standing
from plugins.ratings.background import Background, background
from plugins.ratings.method import blueprint, running
from plugins.ratings.parameters import Parameters
from plugins.ratings.reasons import sentences
from plugins.ratings.score import Score, over_time
from plugins.ratings.voices import people_in
from portal.i18n import _, country_name, number
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.web.access import ANYONE, REVIEWER, allow

__all__ = ["blueprint"]

MOST_POINTS = 16
MOST_GROUPS, MOST_PAIRS = 12, 20


@blueprint.get("/ratings/how/<slug>")
@allow(ANYONE)
def how(slug: str) -> ResponseReturnValue:
    """Show what a score is made of: stars, raters, time, criteria."""
    ctx, organisation = g.ctx, organisations.public(slug)
    if organisation.slug != slug:
        return redirect(f"/ratings/how/{organisation.slug}", 301)
    behind, parameters = background(ctx), running(ctx)
    name = behind.name(organisation.id)
    score = behind.judged.scores.get(name)
    known = queries.stored([organisation.id]).get(organisation.id)
    is_enough = score is not None and score.is_enough
    return render_template(
        "ratings/how.html",
        organisation=organisation,
        summary=standing.summary(ctx, known),
        score=score if is_enough else None,
        picture=pictures.score_picture(score) if score and is_enough else None,
        newest=labels.month_name(known["newest"]) if known else "",
        effective=number(score.effective, 1) if score else "",
        criteria=_criteria(score, parameters) if score and is_enough else [],
        who=_who(behind, name, parameters.smallest_cell) if is_enough else [],
        time=pictures.time_picture(_points(behind, name)) if is_enough else None,
        totals=queries.totals(organisation.id),
        p=parameters,
    )


def _criteria(score: Score, parameters: Parameters) -> list[dict[str, Any]]:
    """List what is said on each criterion; those that too few rated are left out."""
    return [
        {
            "label": str(labels.NAMES.get(name, name)),
            "shown": number(part.score, 1),
            "value": part.score,
            "low": part.low,
            "high": part.high,
        }
        for name, part in score.criteria.items()
        if part.raters >= parameters.minimum_raters
    ]


def _who(behind: Background, name: str, least: int) -> list[tuple[str, list[tuple[str, int]]]]:
    """Count ratings by role, country and year; small groups are put together."""
    about = behind.judged.network.about[name]
    raters = behind.organisations(voice.rater for voice in about)
    roles: Counter[str] = Counter()
    countries: Counter[str] = Counter()
    years: Counter[str] = Counter()
    for voice in about:
        for (role, ended, _released), people in people_in(voice.answers).items():
            roles[str(labels.ROLES[role])] += people
            years[str(ended.year)] += people
            if voice.rater in raters:
                countries[country_name(raters[voice.rater].country)] += people
    rest = _("groups smaller than %(least)s", least=number(least))
    return [
        (title, pictures.who_rated(counts, rest, least))
        for title, counts in (
            (_("By role"), roles),
            (_("By country"), countries),
            (_("By year"), years),
        )
    ]


def _points(behind: Background, name: str) -> list[pictures.Point]:
    """Return the score as of the months in which something about the organisation was released."""
    about = behind.judged.network.about[name]
    days = sorted({answer.released_on for voice in about for answer in voice.answers})
    step = max(1, -(-len(days) // MOST_POINTS))
    chosen: list[date] = days[::-1][::step]
    return [pictures.Point(*point) for point in over_time(behind.judged, name, chosen)]


@blueprint.get("/ratings/rings")
@allow(REVIEWER)
def stand_out() -> ResponseReturnValue:
    """Show reviewers which voices count less, and why."""
    behind = background(g.ctx)
    findings = behind.judged.findings
    pairs = rings.mutual(behind.judged.network)[:MOST_PAIRS]
    involved = {voice.rater for item in (*findings, *pairs) for voice in item.voices}
    involved |= {name for item in (*findings, *pairs) for name in (item.rated, *item.members)}
    found = behind.organisations(involved)
    names = {key: organisation.name for key, organisation in found.items()}
    groups: dict[tuple[str, ...], list[rings.Finding]] = {}
    for item in findings:
        if item.kind == rings.GROUP:
            groups.setdefault(item.members, []).append(item)
    others = [item for item in findings if item.kind != rings.GROUP]
    return render_template(
        "ratings/rings.html",
        groups=[_group(items, names) for items in list(groups.values())[:MOST_GROUPS]],
        more_groups=max(0, len(groups) - MOST_GROUPS),
        others=list(zip(sentences(others, names), others, strict=True)),
        pairs=sentences(pairs, names),
        names=names,
        slugs={key: organisation.slug for key, organisation in found.items()},
        is_demo=any(_is_fictional(found, item.rated) for item in (*findings, *pairs)),
    )


def _group(
    items: list[rings.Finding], names: Mapping[str, str]
) -> tuple[str, pictures.RingPicture, tuple[str, ...]]:
    return sentences(items, names)[0], pictures.ring_picture(items), items[0].members


def _is_fictional(found: Mapping[str, Organisation], name: str) -> bool:
    return name in found and bool(found[name].is_fictional)
