"""What can't be had or changes nothing, named before a draw with the smallest change that helps."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.allocation.rules.board import Board, Layout
from plugins.allocation.rules.pool import Pool, Settings
from portal.i18n import _, ngettext


@dataclass(frozen=True)
class Problem:
    """A wish that fails, in words; `change` says what would help, `people` whom it leaves out."""

    code: str
    message: str
    change: str = ""
    people: tuple[str, ...] = ()


def problems(pool: Pool, settings: Settings) -> list[Problem]:
    """Return what a host should know before the draw; an empty list means nothing is in the way.

    Raises Invalid where pool and settings don't fit each other at all.
    """
    layout = Layout(pool, settings)
    if not pool.people:
        return [Problem("empty", _("Nobody asked for a place."))]
    return [*_people(layout), *_tables(layout), *_features(layout), *_floors(layout)]


def _people(layout: Layout) -> list[Problem]:
    found = []
    nowhere = tuple(p.id for p in layout.pool.people if not p.choices)
    if nowhere:
        message = ngettext(
            "%(num)s person chose no table that they can attend: the chance is 0.",
            "%(num)s people chose no table that they can attend: their chance is 0.",
            len(nowhere),
        )
        found.append(Problem("no_choice", message, _("Ask them for another table."), nowhere))
    closed = tuple(
        p.id
        for p, wanted in zip(layout.pool.people, layout.wants, strict=False)
        if p.choices and not wanted
    )
    if closed:
        message = ngettext(
            "%(num)s person chose only tables without places: the chance is 0.",
            "%(num)s people chose only tables without places: their chance is 0.",
            len(closed),
        )
        change = _("Give one of these tables a place, or ask them for another table.")
        found.append(Problem("no_place", message, change, closed))
    return found


def _tables(layout: Layout) -> list[Problem]:
    found = []
    for table, name in enumerate(layout.tables):
        places = layout.places[table]
        asked = [i for i, wanted in enumerate(layout.wants) if table in wanted]
        if places and not asked:
            message = _("Nobody chose the table “%(name)s”.", name=name)
            found.append(Problem("unwanted", message, _("Leave it out, or invite people to it.")))
        elif len(asked) < places:
            message = _(
                "The table “%(name)s” has %(places)s places; %(asked)s people chose it.",
                name=name,
                places=places,
                asked=len(asked),
            )
            change = _("%(asked)s places would be enough.", asked=len(asked))
            found.append(Problem("too_many_places", message, change))
        else:
            found += _org_limit(layout, table, asked)
    return found


def _org_limit(layout: Layout, table: int, asked: list[int]) -> list[Problem]:
    """Name a table that its organisations can't fill, with the smallest limit that could."""
    sizes: dict[int, int] = {}
    alone = sum(1 for i in asked if layout.org[i] < 0)
    for i in asked:
        if layout.org[i] >= 0:
            sizes[layout.org[i]] = sizes.get(layout.org[i], 0) + 1
    places = layout.places[table]

    def seats(cap: int) -> int:
        return alone + sum(min(size, cap) for size in sizes.values())

    if seats(layout.org_cap) >= places:
        return []
    needed = next(cap for cap in range(layout.org_cap, len(asked) + 1) if seats(cap) >= places)
    message = _(
        "With at most %(cap)s of one organisation, only %(seats)s of the %(places)s places at "
        "“%(name)s” can be filled.",
        cap=layout.org_cap,
        seats=seats(layout.org_cap),
        places=places,
        name=layout.tables[table],
    )
    change = _("Allow %(cap)s of one organisation.", cap=needed)
    return [Problem("org_cap", message, change)]


def _features(layout: Layout) -> list[Problem]:
    found = []
    for feature in layout.settings.features:
        values = {p.features.get(feature, "") for p in layout.pool.people}
        if values == {""}:
            message = _("Nobody told their “%(name)s”: it changes nothing.", name=feature)
        elif len(values) == 1:
            message = _("Everybody has the same “%(name)s”: it changes nothing.", name=feature)
        else:
            continue
        found.append(Problem("same", message, _("Leave it out.")))
    return found


def _floors(layout: Layout) -> list[Problem]:
    found = []
    for at, floor in enumerate(layout.settings.floors):
        members, wanted = layout.floors[at]
        board = Board(layout)
        held = [list(tables) for tables in layout.wants]
        try:
            layout.wants = [tables if i in members else [] for i, tables in enumerate(held)]
            most = board.fill_up()
        finally:
            layout.wants = held
        if most < wanted:
            message = _(
                "At least %(wanted)s seats for %(feature)s = %(value)s can't be: "
                "at most %(most)s such people can sit.",
                wanted=wanted,
                feature=floor.feature,
                value=floor.value,
                most=most,
            )
            change = _("Ask for %(most)s.", most=most)
            found.append(Problem("floor", message, change))
    return found
