"""Find what is wrong with a published result: every rule, every number, every fingerprint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plugins.allocation.rules.board import Board, Layout, most_seats
from plugins.allocation.rules.draw import (
    FORMAT,
    canonical,
    fingerprint,
    leaves,
    pool_hash,
    ticket_number,
)
from plugins.allocation.rules.pool import Pool, Settings, settings_from
from portal.errors import Invalid
from portal.i18n import _

NEAR = 1e-6


def check(
    result: Mapping[str, Any], pool: Pool | None = None, settings: Settings | None = None
) -> list[str]:
    """Return what does not fit in RESULT.json, in words; an empty list means all is right.

    With the pool, each ticket is held against every limit and every figure is counted anew.
    With the settings, those of the result must be the same; an epsilon given by hand may differ.
    """
    try:
        return [*_fingerprints(result), *_same(result, pool, settings), *_figures(result, pool)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return [_("The result can't be read as it is: %(why)s", why=repr(error))]
    except Invalid as error:
        return [error.message]


def _fingerprints(result: Mapping[str, Any]) -> Iterator[str]:
    hashes = dict(result["hashes"])
    found = {
        "pool": pool_hash(result["leaves"]),
        "settings": fingerprint(canonical(result["settings"])),
        "tickets": fingerprint(canonical(result["tickets"])),
    }
    if result["format"] != FORMAT:
        yield _("The result has an unknown format.")
    if found["pool"] != hashes["pool"] or result["leaves"] != sorted(result["leaves"]):
        yield _("The fingerprint of the pool does not fit its records.")
    if found["settings"] != hashes["settings"]:
        yield _("The fingerprint of the settings does not fit them.")
    if found["tickets"] != hashes["tickets"]:
        yield _("The fingerprint of the tickets does not fit them.")
    whole = hashes.pop("all")
    if fingerprint(canonical(hashes)) != whole:
        yield _("The fingerprint of all does not fit its parts.")
    if result["beacon"]:
        number = ticket_number(
            result["beacon"], result["settings"]["event"], len(result["tickets"])
        )
        if result["drawn"] != number:
            yield _("The random value draws ticket %(num)s, not the one named.", num=number)
    elif result["drawn"] is not None:
        yield _("A ticket is named as drawn, but no random value.")


def _same(result: Mapping[str, Any], pool: Pool | None, settings: Settings | None) -> Iterator[str]:
    if pool is not None and leaves(pool) != result["leaves"]:
        yield _("The pool is not the one that was fingerprinted.")
    if settings is not None:
        for name, value in settings.data().items():
            if name != "epsilon" and result["settings"].get(name) != value:
                yield _("The settings differ from those of the result in “%(name)s”.", name=name)


def _figures(result: Mapping[str, Any], pool: Pool | None) -> Iterator[str]:
    tickets, chances = result["tickets"], result["chances"]
    held = Counter(code for ticket in tickets for code in {code for code, _table in ticket})
    for code in sorted(held.keys() | chances.keys()):
        if abs(held[code] / len(tickets) - chances.get(code, -1)) > NEAR:
            yield _("The chance of %(code)s is not what the tickets say.", code=code)
    if len(set(map(len, tickets))) > 1 or result["fill"] != min(map(len, tickets), default=0):
        yield _("Not every ticket fills the number of seats that is named.")
    if pool is not None:
        yield from _against_pool(result, pool, settings_from(result["settings"]))


def _against_pool(result: Mapping[str, Any], pool: Pool, settings: Settings) -> Iterator[str]:
    layout = Layout(pool, settings)
    if set(result["chances"]) != set(layout.ids):
        yield _("The chances name other people than the pool.")
    if result["fill"] != most_seats(layout):
        yield _("Another number of seats could be filled.")
    cover, even = [], []
    for number, ticket in enumerate(result["tickets"]):
        board, wrong = seated(layout, ticket)
        if wrong:
            yield _("Ticket %(num)s breaks a rule: %(why)s", num=number, why=wrong)
        cover.append(board.coverage())
        even.append(board.simpson())
    for name, values in (("coverage", cover), ("simpson", even)):
        named = result[name]
        mean = sum(values) / (len(values) or 1)
        if (
            abs(mean - named["expected"]) > 10 * NEAR
            or abs(min(values, default=0) - named["worst"]) > 10 * NEAR
        ):
            yield _("The figures of “%(name)s” are not what the tickets say.", name=name)
        goal = (1 - settings.epsilon) * named["best"]
        if result["exact"] and result["needs_draw"] and mean < goal - 1e-3:
            yield _("“%(name)s” is below what epsilon allows.", name=name)


def seated(layout: Layout, ticket: Sequence[Sequence[str]]) -> tuple[Board, str]:
    """Return the board of a ticket, and the first rule it breaks in words ("" for none)."""
    people = {code: at for at, code in enumerate(layout.ids)}
    tables = {name: at for at, name in enumerate(layout.tables)}
    board, wrong = Board(layout), ""
    for code, name in ticket:
        if code not in people or name not in tables:
            wrong = wrong or _("%(code)s or %(name)s is unknown.", code=code, name=name)
            continue
        person, table = people[code], tables[name]
        if table not in layout.wants[person]:
            wrong = wrong or _("%(code)s did not choose %(name)s.", code=code, name=name)
        elif not board.has_room(table):
            wrong = wrong or _("%(name)s has too many people.", name=name)
        elif not board.may_sit(person, table):
            wrong = wrong or _("%(code)s at %(name)s is above a limit.", code=code, name=name)
        board.sit(person, table)
    if not wrong and not board.meets_floors():
        wrong = _("A floor is not met.")
    return board, wrong
