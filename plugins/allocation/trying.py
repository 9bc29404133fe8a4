"""Try an allocation out: what each answer to "broader or more equal?" gives and costs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from plugins.allocation import rules
from plugins.allocation.rules.draw import canonical, pool_hash
from plugins.allocation.rules.pool import Person, Pool, Settings, settings_from, with_epsilon
from portal.i18n import _

PRESETS = {"broader": 5, "balanced": 10, "equal": 15}
"""How much breadth each answer gives up, in per cent. Source: figures measured on real applications
of events: 5 keeps 95 of 100 groups, beyond 15 nothing more is gained."""


LARGE = 1_000
"""Of more people the curve leaves out its narrowest loss, which nobody draws with and takes longest."""
OWN = "own"
"""An answer of the host's own, beside the three."""


def answers(loss: int) -> dict[str, int]:
    """Return the answers that can be given, with a loss of the host's own if it is another one."""
    return PRESETS if loss in PRESETS.values() else {**PRESETS, OWN: loss}


@dataclass(frozen=True)
class Tried:
    """What a try found: `results` as they would be published, by answer; `figures` for pages."""

    results: dict[str, Any]
    rivals: list[dict[str, float]]
    figures: dict[str, Any]
    pool_hash: str


def try_out(
    pool: Pool,
    settings: Settings,
    progress: Callable[[float], None],
    is_stopped: Callable[[], bool],
    strategies: Sequence[Mapping[str, Any]] = (),
) -> Tried:
    """Compute all answers: three, that of the settings where it is another, and other strategies.

    Each of `strategies` is a mapping: `name`, `title` and `tickets`, a function of pool, settings and
    seed; one that breaks a rule is left out and named among the problems.
    Raises Stopped, and Invalid where pool and settings don't fit.
    """
    results, points = {}, {}
    losses = answers(round(settings.epsilon * 100))
    part = 1 / len(losses)
    for at, (name, loss) in enumerate(losses.items()):

        def hear(share: float, at: int = at) -> None:
            progress((at + share) * part)

        result = rules.allocate(pool, with_epsilon(settings, loss / 100), "", hear, is_stopped)
        results[name], points[name] = rules.published(result), _point(result)
    problems = [[one.message, one.change] for one in rules.problems(pool, settings)]
    titles: dict[str, str] = {}
    for way in strategies if points else ():
        name, title = str(way["name"]), str(way["title"])
        try:
            result = rules.measured(pool, settings, way["tickets"], result)
            wrong = rules.check(rules.published(result), pool)[:1]
        except Exception as error:
            wrong = [repr(error)]
        if wrong:
            told = _("“%(way)s” is left out, because it breaks a rule.", way=title)
            problems.append([told, wrong[0]])
            continue
        results[name], points[name] = rules.published(result), _point(result)
        losses, titles = {**losses, name: round(settings.epsilon * 100)}, {**titles, name: title}
    others = rules.rivals(pool, settings)
    best = max((point["best"] for point in points.values()), default=1) or 1
    figures = {
        "people": len(pool.people),
        "seats": sum(settings.tables.values()),
        "points": points,
        "losses": losses,
        "titles": titles,
        "exact": rules.has_solver(),
        "rivals": [
            {"coverage": one.coverage / best, "lowest": one.lowest, "without": one.without_chance}
            for one in others
        ],
        "problems": problems,
        "groups": {
            key: _counted(one.features.get(key, "") for one in pool.people)
            for key in settings.features
        },
    }
    return Tried(results, [one.chances for one in others], figures, pool_hash(rules.leaves(pool)))


def curve(
    pool: Pool,
    settings: Settings,
    known: Mapping[int, Mapping[str, Any]],
    progress: Callable[[float], None],
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the points of the trade-off that are not `known` from a try, by the loss in per cent.

    A point is that of a single run: those of the try stand beside them. Of a large pool the last
    is left out (`curve_losses`). Raises Stopped.
    """
    wanted = [loss for loss in curve_losses(len(pool.people)) if loss not in known]
    shares = [loss / 100 for loss in wanted]
    points = rules.trade_off(pool, settings, shares, "", progress, is_stopped)
    for loss, point in zip(wanted, points, strict=True):
        yield loss, asdict(point)


def curve_losses(people: int) -> list[int]:
    """Return at which losses of breadth the curve is computed, in per cent; fewer for large pools."""
    found = [round(share * 100) for share in rules.CURVE]
    return found if people <= LARGE else found[1:]


def _point(result: rules.Result) -> dict[str, Any]:
    point = {**asdict(rules.point_of(result)), "presence": _presence(result)}
    return {**point, "best": result.coverage.best}


def _counted(values: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found


def _presence(result: rules.Result) -> dict[str, dict[str, float]]:
    """Return at how many tables each group sits, on average over the tickets."""
    people = result.pool.by_id
    found: dict[str, dict[str, float]] = {}
    for ticket in result.tickets:
        here = {
            (key, value, table)
            for code, table in ticket
            for key, value in people[code].features.items()
        }
        for key, value, _table in here:
            told = found.setdefault(key, {})
            told[value] = told.get(value, 0) + 1 / len(result.tickets)
    return {
        key: {value: round(mean, 1) for value, mean in told.items()} for key, told in found.items()
    }


def fingerprint_of(pool: Pool) -> str:
    """Return the fingerprint of a pool."""
    return pool_hash(rules.leaves(pool))


def settings_text(data: Mapping[str, Any]) -> str:
    """Return SETTINGS.json in the one form that is fingerprinted."""
    return canonical(dict(data)).decode()


def pool_text(pool: Pool) -> str:
    """Return the people of a pool as they can be kept."""
    rows = [
        [one.id, one.order, one.org, dict(one.features), list(one.choices), one.salt]
        for one in pool.people
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def pool_from(text: str) -> Pool:
    """Return the people that `pool_text` wrote."""
    return Pool(
        tuple(
            Person(code, order, org, features, tuple(choices), salt)
            for code, order, org, features, choices, salt in json.loads(text)
        )
    )


def result_from(pool: Pool, published: Mapping[str, Any]) -> rules.Result:
    """Return a published result with its people, for explanations; its measures are left out."""
    none = rules.Measure(0, 0, 0)
    tickets = [[(code, table) for code, table in ticket] for ticket in published["tickets"]]
    return rules.Result(pool, settings_from(published["settings"]), tickets, none, none, 0, 0.0)


def everybody_fits(pool: Pool, settings: Settings) -> Sequence[tuple[str, str]] | None:
    """Return a place for everybody when interest fits the places; None when it does not."""
    layout = rules.Layout(pool, settings)
    seats = rules.everybody(layout)
    if seats is None:
        return None
    return [(layout.ids[person], layout.tables[table]) for person, table in seats]
