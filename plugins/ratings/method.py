"""The page of the method, made from the running parameters, and the page to try it on."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from flask import Blueprint, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from plugins.partners.interface import commitment_name
from plugins.ratings import labels, pictures, rules, trying
from plugins.ratings.parameters import DEFAULTS, SETTINGS, Parameters, from_settings
from plugins.ratings.reasons import sentences
from portal import settings
from portal.audit import AuditEntry
from portal.context import Context
from portal.i18n import _, number, percent
from portal.web.access import ANYONE, allow
from portal.web.caching import not_modified

blueprint = Blueprint("ratings_method", __name__)

CHANGES = 20
"""Changes of parameters that are shown, the newest first."""


def running(ctx: Context) -> Parameters:
    """Return the parameters of this portal."""
    return from_settings(settings.of(ctx, "ratings"))


@blueprint.get("/ratings/method")
@allow(ANYONE)
def method() -> ResponseReturnValue:
    """Say in plain words how ratings come about and what a score is made of."""
    found = running(g.ctx)
    return render_template(
        "ratings/method.html",
        p=found,
        rows=_rows(found),
        questions=[
            (str(labels.QUESTIONS[item.name]), commitment_name(item.promise))
            for item in rules.criteria().values()
        ],
        changes=_changes(),
        sealed_days=settings.of(g.ctx, "ratings")["sealed_days"],
        decided_within=rules.DECIDED_WITHIN,
        disputed_within=rules.DISPUTED_WITHIN.days,
        years=number(found.half_life_days / 365, 1),
        ten=number(1 + math.log(10), 1),
        backfill=percent(round(found.backfill_weight * 100)),
        damped=percent(round(found.damped_weight * 100)),
    )


@blueprint.get("/ratings/method.json")
@allow(ANYONE)
def method_json() -> ResponseReturnValue:
    """Give the parameters to those who compute the scores again."""
    return jsonify(parameters=running(g.ctx).as_dict())


@blueprint.get("/ratings/method/try")
@allow(ANYONE)
def try_out() -> ResponseReturnValue:
    """Let somebody attack a made-up world; the address holds the whole choice."""
    unchanged = not_modified()
    if unchanged is not None:
        return unchanged
    attack = trying.chosen(request.args)
    trial = trying.run(attack, running(g.ctx))
    names = {name: _name(name) for name in [*trial.after.scores, *_strangers(trial)]}
    involved = {place.organisation for place in trial.places}
    findings = [item for item in trial.after.findings if item.rated in involved]
    score = trial.after.scores[trial.places[0].organisation]
    return render_template(
        "ratings/try.html",
        trial=trial,
        attack=attack,
        attacks=_choices(attack.kind),
        sizes=_numbers(trying.SIZES, attack.size),
        times=_numbers(trying.TIMES, attack.times),
        next_world=attack.world % trying.WORLDS[-1] + 1,
        organisations=len(trial.before.scores),
        names=names,
        reasons=sentences(findings, names),
        ring=pictures.ring_picture(findings) if findings else None,
        picture=pictures.score_picture(score),
        picture_of=names[score.organisation],
        picture_words=_(
            "%(score)s, likely %(low)s to %(high)s",
            score=number(score.score, 1),
            low=number(score.low, 1),
            high=number(score.high, 1),
        ),
    )


def _strangers(trial: trying.Trial) -> set[str]:
    return {rater for item in trial.after.findings for rater in item.raters}


def _name(name: str) -> str:
    """Return what an organisation of the made-up world is called."""
    if name.startswith("sock"):
        return _("Sock puppet %(number)s", number=int(name[4:]) + 1)
    return _("Organisation %(number)s", number=int(name[1:]) + 1)


def _choices(kind: str) -> list[dict[str, Any]]:
    words = {
        trying.RING: _("Poor organisations praise each other"),
        trying.HALF: _("The same, with half of the links missing"),
        trying.SOCKS: _("Invented organisations praise one"),
        trying.BURST: _("Several organisations blame one within a month"),
        trying.NONE: _("No attack"),
    }
    return [{"value": key, "label": text, "chosen": key == kind} for key, text in words.items()]


def _numbers(offered: Any, chosen: int) -> list[dict[str, Any]]:
    return [{"value": n, "label": number(n), "chosen": n == chosen} for n in offered]


def _titles() -> dict[str, str]:
    """Say what each parameter of a setting is."""
    return {
        "half_life_days": _("Days after which a rating weighs half"),
        "prior_weight": _("Raters that what is usual everywhere weighs as much as"),
        "likely_percent": _("How sure the likely range is, in percent"),
        "minimum_raters": _("Organisations that must have rated before there is a score"),
        "backfill_weight": _("Weight of a rating of a mobility from before joining"),
        "damped_weight": _("Weight, together, of voices that are not independent"),
        "smallest_cell": _("Participants whose answers are shown together at least"),
    }


def _rows(found: Parameters) -> list[tuple[str, str, str]]:
    """List the parameters with what they are here and what they are by default."""
    titles = _titles()
    names = [name for name, _divisor in SETTINGS.values()]
    return [
        (titles[name], number(getattr(found, name)), number(getattr(DEFAULTS, name)))
        for name in names
    ]


def _changes() -> list[tuple[datetime, str, str, str]]:
    """List when which parameter was changed, from the audit log."""
    titles = _titles()
    entries = (
        AuditEntry.select(AuditEntry.at, AuditEntry.detail)
        .where(AuditEntry.action == "setting.changed")
        .order_by(AuditEntry.id.desc())
        .limit(500)
    )
    found = []
    for entry in entries:
        detail = entry.detail
        if detail.get("scope") == "ratings" and detail.get("key") in SETTINGS:
            name, divisor = SETTINGS[detail["key"]]
            values = (number(detail[key] / divisor) for key in ("before", "after"))
            found.append((entry.at, titles[name], *values))
    return found[:CHANGES]
