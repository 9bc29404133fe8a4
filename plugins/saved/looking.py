"""Looks for what is new in saved searches, and tells it, each hit once.

A look reads which documents changed since the last one and asks each search that people keep, once
however many keep it, which of these it finds. What a search found before is `known`: only what it
found and did not know is new, whoever looks twice. Telling is a second step, of a person at a time.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from plugins.saved import queries, rules
from plugins.saved.models import SavedSearch
from plugins.search.interface import Index, SearchPage, cards_of, index, known_objects
from portal import db, objects, settings
from portal.context import Context
from portal.hookspecs import Progress
from portal.i18n import lazy_gettext as lazy

FOUND = "saved.found"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": FOUND, "title": lazy("Something new in a search that you keep")},
)
BATCH = 200
NAMED = 5
"""Hits that a notice names for each search; of more it says how many there are."""
AGAIN = timedelta(days=1)
"""When somebody is told who could not be told now, such as while notices are switched off."""
_LIVE = "paused_at IS NULL AND removed_at IS NULL"
_LOW = (
    f"SELECT MIN(since_seq), SUM(CASE WHEN since_seq IS NULL THEN 1 ELSE 0 END), "
    f"(SELECT seq FROM saved_look WHERE kind = ?) FROM saved_search WHERE kind = ? AND {_LIVE}"
)
_NOTE_LOOK = (
    "INSERT INTO saved_look (kind, seq) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE "
    "SET seq = excluded.seq WHERE saved_look.seq < excluded.seq"
)
_KEEP = "UPDATE saved_search SET known = ?, waiting = ?, due_at = ?, hits = ? WHERE id = ?"
_DUE = (
    f"SELECT DISTINCT account_id FROM saved_search WHERE due_at <= ? AND {_LIVE} "
    "ORDER BY account_id LIMIT ?"
)


def run(ctx: Context, progress: Progress | None = None) -> None:
    """Look for what is new, then tell what is due."""
    look(ctx, progress)
    tell_due(ctx, progress)


# Looking


def look(ctx: Context, progress: Progress | None = None) -> int:
    """Note what searches find among the documents that changed; returns how many hits are new."""
    return sum(_look_through(ctx, page, progress) for page in queries.pages(ctx).values())


def _look_through(ctx: Context, page: SearchPage, progress: Progress | None) -> int:
    since = _since(page.kind)
    if since is None:
        return 0
    catalogue = index(page.kind)
    catalogue.catch_up()
    seq, searches, hits = catalogue.seq, _searches(page.kind), 0
    changed = catalogue.changed(since, seq)
    found: list[tuple[int, Sequence[int]]] = []
    asked = _by_state(searches) if changed else {}
    for at, (state, ids) in enumerate(asked.items()):
        numbers = catalogue.among(page.questions(ctx, state), changed)
        if numbers:
            things = sorted(changed[number] for number in numbers)
            found += [(ident, things) for ident in ids]
        while len(found) >= BATCH:
            hits += _note_hits(ctx, found[:BATCH])
            del found[:BATCH]
        if progress is not None and at % BATCH == 0:
            progress.report(0.9 * at / len(asked))
    hits += _note_hits(ctx, found)
    _note_look(page.kind, seq, [ident for ident, _state, first in searches if first is not None])
    return hits


def _since(kind: str) -> int | None:
    """Return from which number of the log on somebody has not looked; None without searches."""
    first, looked, seq = db.query(_LOW, (kind, kind))[0]
    known = [number for number in (first, seq if looked else None) if number is not None]
    return min(known, default=None)


def _searches(kind: str) -> list[tuple[int, str, int | None]]:
    """Return the searches of a kind that are not paused: id, state and since when no look saw it."""
    rows: list[tuple[Any, ...]] = db.query(
        f"SELECT id, state, since_seq FROM saved_search WHERE kind = ? AND {_LIVE} ORDER BY id",
        (kind,),
    )
    return rows  # type: ignore[return-value]


def _by_state(searches: Sequence[tuple[int, str, int | None]]) -> dict[str, list[int]]:
    asked: dict[str, list[int]] = defaultdict(list)
    for ident, state, _since in searches:
        asked[state].append(ident)
    return asked


def _note_hits(ctx: Context, found: Sequence[tuple[int, Sequence[int]]]) -> int:
    """Note for each of the searches which of the found objects are new to it.

    Also for those that were paused since the look began: they go on from where it ended.
    """
    if not found:
        return 0
    by_id, now = dict(found), ctx.clock.now()
    hour, count = settings.of(ctx, "saved")["hour"], 0
    with db.transaction():
        lock = " FOR UPDATE" if db.is_postgres() else ""
        rows = db.query(
            "SELECT id, rhythm, known, waiting, due_at, hits FROM saved_search "
            f"WHERE id IN ({', '.join('?' * len(by_id))}) ORDER BY id{lock}",
            list(by_id),
        )
        for ident, rhythm, known, waiting, due_at, hits in rows:
            fresh = rules.missing(bytes(known), by_id[ident])
            if not fresh:
                continue
            count += len(fresh)
            due = rules.next_due(now, rhythm, hour)
            values = (
                rules.packed(fresh, bytes(known)),
                rules.packed(fresh, bytes(waiting)) if due else b"",
                due_at or (db.utc_text(due) if due else None),
                db.dump_json(rules.remembered(json.loads(hits), fresh, db.utc_text(now))),
                ident,
            )
            db.execute(_KEEP, values)
    return count


def _note_look(kind: str, seq: int, new: Sequence[int]) -> None:
    """Note how far this look saw; searches that it saw first are no longer new."""
    with db.transaction():
        db.execute(_NOTE_LOOK, (kind, seq))
        for at in range(0, len(new), BATCH):
            part = new[at : at + BATCH]
            db.execute(
                f"UPDATE saved_search SET since_seq = NULL WHERE {_LIVE} "
                f"AND id IN ({', '.join('?' * len(part))})",
                part,
            )


def known_of(ctx: Context, page: SearchPage, state: str) -> tuple[set[int], int]:
    """Return the objects that a search finds now, and up to which number of the log that is so."""
    catalogue: Index = index(page.kind)
    seq = catalogue.seq
    for question in page.questions(ctx, state):
        found = {number for _document, number in catalogue.numbers(question)}
        if found:
            return found, seq
    return set(), seq


# Telling


def tell_due(ctx: Context, progress: Progress | None = None) -> int:
    """Tell people what is due, all of a person in one notice; returns how many were told."""
    told, now = 0, db.utc_text(ctx.clock.now())
    there: dict[str, set[int]] = {}
    while people := db.query(_DUE, (now, BATCH)):
        for (account_id,) in people:
            told += _tell(ctx, account_id, there)
        if progress is not None:
            progress.report(0.95, str(told))
    return told


def _tell(ctx: Context, account_id: int, there: dict[str, set[int]]) -> bool:
    """Tell a person; what could not be told is tried again in a day."""
    with db.transaction():
        rows = _due(ctx, account_id)
        news = [(row, numbers) for row in rows if (numbers := _still_there(row, there))]
        is_told = not news or _notify(ctx, account_id, news)
        of: Any = SavedSearch
        done = {"waiting": b"", "due_at": None} if is_told else {"due_at": ctx.clock.now() + AGAIN}
        of.update(**done).where(of.id.in_([row.id for row in rows])).execute()
    return bool(news) and is_told


def _due(ctx: Context, account_id: int) -> list[SavedSearch]:
    of: Any = SavedSearch
    rows = of.select(of.id, of.public_id, of.kind, of.name, of.waiting).where(
        of.account == account_id,
        of.due_at <= ctx.clock.now(),
        of.paused_at.is_null(),
        of.removed_at.is_null(),
    )
    return list((rows.for_update() if db.is_postgres() else rows).order_by(of.id))


def _still_there(row: SavedSearch, there: dict[str, set[int]]) -> list[int]:
    """Return what waits and can still be found: an import may have been undone meanwhile."""
    if row.kind not in there:
        there[row.kind] = known_objects(row.kind)
    return [number for number in rules.unpacked(bytes(row.waiting)) if number in there[row.kind]]


def _notify(ctx: Context, account_id: int, news: Sequence[tuple[SavedSearch, list[int]]]) -> bool:
    """Let notices tell a person what is new in some searches; False when nobody does."""
    first = news[0][0]
    names, lines = ", ".join(row.name for row, _numbers in news), []
    for row, numbers in news:
        page = queries.pages(ctx).get(row.kind)
        cards = cards_of(row.kind, numbers[:NAMED]) if page else {}
        titles = [str(page.row(cards[n])["title"]) for n in numbers[:NAMED] if page and n in cards]
        more = ["…"] if len(numbers) > NAMED else []
        lines.append(f"{row.name} ({len(numbers)}): {'; '.join([*titles, *more])}")
    notice = {
        "kind": FOUND,
        "title": lazy("New in searches that you keep: %(names)s", names=names),
        "body": "\n".join(lines),
        "url": "/account/searches" + (f"/{first.public_id}" if len(news) == 1 else ""),
    }
    hooks = objects.registry().hooks
    told = hooks.call("notice_tell", ctx, account_id=account_id, notice=notice)
    return any(answer for _plugin, answer in told)
