"""Who worked with whom, from what other plugins know; ways, and the ring of an organisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any, NamedTuple

from flask import current_app
from markupsafe import Markup

from portal import db, objects
from portal.context import Context
from portal.i18n import _, locale
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation

MOST_SHOWN = 120
MOST_ASKED = 300
MOST_STEPS = 3
"""A path goes over at most so many partners between the two ends."""
SIZE = 560
KEPT_SECONDS, MOST_KEPT = 600, 100
_kept: dict[tuple[Any, ...], Any] = {}


class Known(NamedTuple):
    """An organisation of which a network is shown."""

    id: int
    slug: str
    name: str
    country: str
    is_fictional: bool


def known(slug: str) -> Known:
    """Return an organisation that everybody may see. Raises NotFound."""
    rows = db.query(
        "SELECT id, slug, name, country, is_fictional FROM organisation "
        "WHERE slug = ? AND hidden_at IS NULL",
        (slug,),
    )
    found: Any = [Known(*row) for row in rows]
    if organisations.in_sight(found):
        return found[0]  # type: ignore[no-any-return]
    row = organisations.public(slug)
    return Known(row.id, row.slug, row.name, row.country, bool(row.is_fictional))


def together(ctx: Context, ids: Sequence[int]) -> dict[int, dict[int, set[str]]]:
    """Return with whom organisations worked, and in what; one statement for each plugin."""
    found: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    wanted = list(ids)[:MOST_ASKED]
    if not wanted:
        return found
    hooks = objects.registry().hooks
    for mine, other, name in hooks.each("introductions_together", ctx, ids=wanted):
        found[mine][other].add(name)
    return found


def path(ctx: Context, start: int, end: int) -> list[tuple[int, str]]:
    """Return a shortest way of introduction: pairs of an organisation and what leads on from it.

    The last pair is the end itself. Empty when there is none over at most three others. The
    search goes on from the smaller side, with the first three hundred organisations at a time.
    """
    if start == end:
        return []
    sides: list[dict[int, tuple[int, str]]] = [{start: (0, "")}, {end: (0, "")}]
    edges: list[list[int]] = [[start], [end]]
    for _step in range(MOST_STEPS + 1):
        at = 0 if len(edges[0]) <= len(edges[1]) else 1
        here, there = sides[at], sides[1 - at]
        fresh: list[int] = []
        known = together(ctx, edges[at])
        for mine in edges[at][:MOST_ASKED]:
            for other, names in sorted(known.get(mine, {}).items()):
                if other not in here:
                    here[other] = (mine, min(names))
                    fresh.append(other)
        met = [other for other in fresh if other in there]
        if met:
            return _joined(sides, min(met))
        edges[at] = fresh
        if not fresh:
            return []
    return []


def _joined(sides: Sequence[dict[int, tuple[int, str]]], met: int) -> list[tuple[int, str]]:
    front: list[tuple[int, str]] = []
    at = met
    while sides[0][at][0]:
        before, name = sides[0][at]
        front.append((before, name))
        at = before
    front.reverse()
    at = met
    while sides[1][at][0]:
        after, name = sides[1][at]
        front.append((at, name))
        at = after
    return [*front, (at, "")]


@dataclass(frozen=True)
class Node:
    """An organisation on the ring, placed, with what it was in together with the one in the middle."""

    organisation: Organisation
    names: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True)
class Label:
    """A country beside its part of the ring."""

    country: str
    count: int
    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Ego:
    """The network of an organisation: its partners on a ring by country, and how many are folded."""

    nodes: list[Node]
    labels: list[Label]
    total: int
    folded: int


def drawn(ctx: Context, organisation: Known, seq: int) -> Markup:
    """Return the picture of a network with its table.

    Kept for ten minutes in each worker for each language, unless organisations change.
    """
    picture = _once(ctx, seq, (organisation, locale()), lambda: _drawn(ctx, organisation))
    return picture  # type: ignore[no-any-return]


def shared(ctx: Context, own: Sequence[int], other: int, seq: int) -> int:
    """Return how many partners some organisations have in common with another one, kept as long."""
    count = _once(ctx, seq, (*own, other), lambda: _shared(ctx, own, other))
    return count  # type: ignore[no-any-return]


def _shared(ctx: Context, own: Sequence[int], other: int) -> int:
    known = together(ctx, [*own, other])
    mine = {partner for one in own for partner in known.get(one, {})}
    return len(mine & set(known.get(other, {})))


def _once(ctx: Context, seq: int, what: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    registry = objects.registry()
    slot = int(ctx.clock.now().timestamp()) // KEPT_SECONDS
    key = (what, seq, slot, registry.generation, id(registry))
    if key not in _kept:
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = make()
    return _kept[key]


def _drawn(ctx: Context, organisation: Known) -> Markup:
    values = {
        "organisation": organisation,
        "net": ego(ctx, organisation),
        "size": SIZE,
        "title": _("Who worked with %(name)s", name=organisation.name),
    }
    template = current_app.jinja_env.get_template("introductions/ring.html")
    return Markup(template.render(**values))  # noqa: S704  from a template


def forget() -> None:
    """Draw everything anew, for measuring."""
    _kept.clear()


def ego(ctx: Context, organisation: Known) -> Ego:
    """Return the partners of an organisation in sight, those with most in common first kept."""
    found = together(ctx, [organisation.id]).get(organisation.id, {})
    ranked = _in_sight(
        sorted(found, key=lambda number: (-len(found[number]), number)), organisation
    )
    of: Any = Organisation
    rows = of.select(of.id, of.slug, of.name, of.country, of.folded_name, of.is_fictional)
    shown = list(rows.where(of.id.in_(ranked[:MOST_SHOWN])))
    shown.sort(key=lambda item: (item.country, item.folded_name))
    nodes, labels = _placed(shown, found)
    return Ego(nodes, labels, len(ranked), len(ranked) - len(shown))


def _in_sight(ids: Sequence[int], of_kind: Known) -> list[int]:
    """Return those that everybody may see, made-up ones among themselves; the order stays."""
    seen: set[int] = set()
    for first in range(0, len(ids), 500):
        part = list(ids[first : first + 500])
        marks = ", ".join("?" * len(part))
        found = db.query(
            "SELECT id FROM organisation WHERE hidden_at IS NULL AND is_fictional = ? "
            f"AND id IN ({marks})",
            [bool(of_kind.is_fictional), *part],
        )
        shown = organisations.in_sight([Organisation(id=number) for (number,) in found])
        seen.update(item.id for item in shown)
    return [number for number in ids if number in seen]


def _placed(
    shown: Sequence[Organisation], known: Mapping[int, Collection[str]]
) -> tuple[list[Node], list[Label]]:
    countries = sorted({item.country for item in shown})
    slots = len(shown) + len(countries)
    nodes: list[Node] = []
    labels: list[Label] = []
    at = 0
    for country in countries:
        group = [item for item in shown if item.country == country]
        middle = 2 * pi * (at + (len(group) - 1) / 2) / max(slots, 1) - pi / 2
        x, y = _point(middle, SIZE / 2 - 40)
        anchor = "middle" if abs(cos(middle)) < 0.3 else "start" if cos(middle) > 0 else "end"
        labels.append(Label(country, len(group), x, y, anchor))
        for item in group:
            x, y = _point(2 * pi * at / max(slots, 1) - pi / 2, SIZE / 2 - 80)
            nodes.append(Node(item, tuple(sorted(known[item.id])), x, y))
            at += 1
        at += 1
    return nodes, labels


def _point(angle: float, radius: float) -> tuple[float, float]:
    return round(SIZE / 2 + radius * cos(angle), 1), round(SIZE / 2 + radius * sin(angle), 1)
