"""Recognises the entry that a row is about, and brings it up to date without touching people's words.

A row is about the entry in its country that has one of its numbers; without such a number, about
the one with its name (or that as another name, which is what merging leaves) and town that came from
the same source. Each entry is recognised once in an import; a further row about it changes nothing.
What may change is decided by `rules.decide`, fact by fact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugins.directory.interface import keep_source
from plugins.imports import bulk, rules
from plugins.imports.duplicates import Entry
from plugins.imports.models import Change
from portal import db
from portal.context import Context
from portal.hookspecs import ImportValue
from portal.organisations.models import ImportBatch, Source
from portal.text import fold

COLUMNS = (
    "name", "registered_name", "folded_name", "type", "region", "city", "website", "domain",
    "lat", "lon",
)  # fmt: skip
OF_FACT = {
    "name": ("name", "registered_name", "folded_name"),
    "website": ("website", "domain"),
    "position": ("lat", "lon"),
}
"""Columns that belong to a fact, where they are not the one of its name."""


@dataclass(frozen=True)
class Difference:
    """A fact of an entry that a file says otherwise; `kept` is why it stays, empty if it is taken.

    `source` names who else says it, where that is why.
    """

    field: str
    ours: str
    offered: str
    kept: str = ""
    source: str = ""


@dataclass
class Known:
    """An entry that is there: its columns, numbers, and facts with who said them."""

    id: int
    slug: str
    columns: dict[str, Any]
    numbers: list[tuple[str, str]] = field(default_factory=list)
    facts: dict[str, dict[str, tuple[str, str, int | None]]] = field(default_factory=dict)

    def says(self, name: str) -> str:
        """Return a fact as it stands, written as sources write it."""
        values = self.columns
        if name == "name":
            return str(values["registered_name"] or values["name"])
        if name == "position":
            return "" if values["lat"] is None else f"{values['lat']}, {values['lon']}"
        return str(values[name])


@dataclass
class Update:
    """What a row means for the entry it is about."""

    entry: Entry
    known: Known
    differences: list[Difference] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    numbers: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    others: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What stands and what is taken of other plugins' columns."""

    @property
    def changes(self) -> bool:
        """Whether the entry itself changes."""
        return bool(self.values or self.numbers or self.others)


class Recogniser:
    """Finds the entries that rows are about.

    `used` are those that rows were about already, `made` those that this import brought.
    """

    def __init__(self, source: Source | None, fictional: bool) -> None:
        self._source = source.key if source else None
        self._fictional = fictional
        self.used: set[int] = set()
        self.made: set[int] = set()

    def find(self, entries: Sequence[Entry]) -> tuple[dict[int, int], dict[int, int]]:
        """Return entries' ids by line: of rows that are about one, and of further rows about one.

        Needs a few statements.
        """
        by_number = self._by_number({pair for entry in entries for pair in entry.identifiers})
        by_name = self._by_name(entries)
        found: dict[int, int] = {}
        again: dict[int, int] = {}
        for entry in entries:
            name, town = entry.name_key[0], fold(entry.values["city"])
            candidates = [
                (known_name != name or known_town != town, number)
                for pair in entry.identifiers
                for number, country, known_name, known_town in by_number.get(pair, ())
                if country == entry.values["country"]
            ]
            same_name = by_name.get((*entry.name_key, town), ())
            candidates = candidates or [(False, number) for number in same_name]
            known = [item for item in candidates if item[1] not in self.made]
            free = [item for item in known if item[1] not in self.used]
            if free:
                found[entry.line] = min(free)[1]
                self.used.add(found[entry.line])
            elif known:
                again[entry.line] = min(known)[1]
        return found, again

    def _by_number(
        self, pairs: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], list[tuple[int, str, str, str]]]:
        found: dict[tuple[str, str], list[tuple[int, str, str, str]]] = {}
        if not pairs:
            return found
        marks = ",".join(["(?,?)"] * len(pairs))
        rows = db.query(
            "SELECT i.scheme, i.value, o.id, o.country, o.folded_name, o.city "
            "FROM organisation_identifier i JOIN organisation o ON o.id = i.organisation_id "
            "WHERE o.hidden_at IS NULL AND o.is_fictional = ? "
            f"AND (i.scheme, i.value) IN (VALUES {marks})",
            [self._fictional, *(part for pair in sorted(pairs) for part in pair)],
        )
        for scheme, value, number, country, name, city in rows:
            found.setdefault((scheme, value), []).append((number, country, name, fold(city)))
        return found

    def _by_name(self, entries: Sequence[Entry]) -> dict[tuple[str, str, str], list[int]]:
        """Entries of the same origin: facts of the source, or an import without one."""
        found: dict[tuple[str, str, str], list[int]] = {}
        shown = {entry.values["name"]: entry.name_key[0] for entry in entries}
        names = sorted(set(shown.values()))
        facts = "SELECT 1 FROM organisation_fact f WHERE f.organisation_id = o.id"
        origin = f"o.batch_id IS NOT NULL AND NOT EXISTS ({facts})"
        if self._source is not None:
            origin = f"EXISTS ({facts} AND f.source_id = ?)"
        rest = [self._fictional, *([] if self._source is None else [self._source])]
        same = f"o.hidden_at IS NULL AND o.is_fictional = ? AND {origin} ORDER BY o.id"
        rows = db.query(
            "SELECT o.id, o.folded_name, o.country, o.city FROM organisation o "
            f"WHERE o.folded_name IN ({_marks(names)}) AND {same}",
            [*names, *rest],
        )
        others = db.query(
            "SELECT o.id, n.name, o.country, o.city FROM organisation_name n "
            "JOIN organisation o ON o.id = n.organisation_id "
            f"WHERE n.name IN ({_marks(shown)}) AND {same}",
            [*shown, *rest],
        )
        rows += [(number, shown[name], *where) for number, name, *where in others]
        for number, name, country, city in rows:
            found.setdefault((name, country, fold(city)), []).append(number)
        return found


def _marks(values: Collection[str]) -> str:
    return ",".join("?" * len(values)) or "NULL"


def compare(
    found: Mapping[int, Entry], source: Source | None, values: Iterable[ImportValue]
) -> list[Update]:
    """Say what rows mean for the entries they are about, by id; the entries wait until the end.

    `values` are those of other plugins' columns. Call it inside the transaction that stores the answer.
    """
    known = _load(list(found))
    titles = dict(db.query("SELECT key, title FROM source"))
    key = source.key if source else ""
    updates = {
        number: _compare(entry, known[number], key, titles) for number, entry in found.items()
    }
    for value in values:
        if value.offered and _compare_fact(
            updates[value.organisation_id], value.column, value.ours, value.offered, key, titles
        ):
            updates[value.organisation_id].others[value.column] = (value.ours, value.offered)
    return list(updates.values())


def _load(ids: Sequence[int]) -> dict[int, Known]:
    if not ids:
        return {}
    marks = ",".join("?" * len(ids))
    lock = " FOR UPDATE" if db.is_postgres() else ""
    rows = db.query(
        f"SELECT id, slug, {', '.join(COLUMNS)} FROM organisation "
        f"WHERE id IN ({marks}) ORDER BY id{lock}",
        ids,
    )
    known = {
        row[0]: Known(row[0], row[1], dict(zip(COLUMNS, row[2:], strict=True))) for row in rows
    }
    numbers = (
        "SELECT organisation_id, scheme, value FROM organisation_identifier "
        f"WHERE organisation_id IN ({marks}) ORDER BY id"
    )
    for number, scheme, value in db.query(numbers, ids):
        known[number].numbers.append((scheme, value))
    facts = (
        "SELECT organisation_id, name, source_id, value, noted_at, batch_id "
        f"FROM organisation_fact WHERE organisation_id IN ({marks}) ORDER BY id"
    )
    for number, name, source, value, noted_at, batch in db.query(facts, ids):
        known[number].facts.setdefault(name, {})[source] = (value, noted_at, batch)
    return known


def _compare(entry: Entry, known: Known, source: str, titles: Mapping[str, str]) -> Update:
    update = Update(entry, known)
    for name, offered in bulk.named(entry):
        if name in {"country", "identifiers"}:
            before = _note(update, name, offered, source)
            if name == "identifiers":
                _compare_numbers(update, (before or "").split())
        elif _compare_fact(update, name, known.says(name), offered, source, titles):
            columns = OF_FACT.get(name, (name,))
            update.values |= {column: entry.values.get(column, "") for column in columns}
    return update


def _note(update: Update, name: str, offered: str, source: str) -> str | None:
    """Keep what a source says; returns what it said before."""
    said = update.known.facts.get(name, {})
    before = said[source][0] if source in said else None
    if source and before != offered:
        update.facts.append((name, offered))
    return before


def _compare_fact(
    update: Update, name: str, ours: str, offered: str, source: str, titles: Mapping[str, str]
) -> bool:
    """Say whether a fact is taken; notes it and the difference."""
    before = _note(update, name, offered, source)
    said = update.known.facts.get(name, {})
    others = {value: key for key, (value, *_when) in said.items() if key != source}
    now, then, said_before = _alike(name, ours, offered, before)
    verdict = rules.decide(name, now, then, said_before, others)
    if verdict == rules.TAKE:
        update.differences.append(Difference(name, ours, offered))
    elif verdict != rules.SAME:
        title = titles.get(others.get(ours, ""), "") if verdict == rules.ELSEWHERE else ""
        update.differences.append(Difference(name, ours, offered, verdict, title))
    return verdict == rules.TAKE


def _alike(name: str, *texts: str | None) -> tuple[Any, ...]:
    """Write points on the map alike: databases keep seven digits of them."""
    if name != "position":
        return texts
    return tuple(
        text and ", ".join(f"{float(part):.3f}" for part in text.split(", ")) for text in texts
    )


def _compare_numbers(update: Update, before: Sequence[str]) -> None:
    """Add numbers that are new; one that the source said before and is gone was taken away."""
    known = update.known.numbers
    missing = [pair for pair in update.entry.identifiers if pair not in known]
    fresh = [pair for pair in missing if ":".join(pair) not in before]
    ours = " ".join(":".join(pair) for pair in known)
    if fresh:
        update.numbers = fresh
        offered = " ".join(":".join(pair) for pair in (*known, *fresh))
        update.differences.append(Difference("identifiers", ours, offered))
    if gone := [pair for pair in missing if pair not in fresh]:
        offered = " ".join(":".join(pair) for pair in gone)
        update.differences.append(Difference("identifiers", ours, offered, rules.EDITED))


def store(
    ctx: Context, updates: Iterable[Update], batch: ImportBatch, source: Source | None
) -> list[int]:
    """Change the entries and note the facts; returns the ids of those about which something is new."""
    touched = [update for update in updates if update.changes or update.facts]
    if touched and source is not None:
        keep_source(source)
    now = db.utc_text(ctx.clock.now())
    changes, facts, numbers = [], [], []
    for update in touched:
        known = update.known
        if update.changes:
            _write(known.id, update.values, now)
        numbers += [
            {"organisation_id": known.id, "scheme": scheme, "value": value}
            for scheme, value in update.numbers
        ]
        replaced = []
        for name, value in update.facts:
            old = known.facts.get(name, {}).get(source.key if source else "")
            if old is not None:
                replaced.append([name, *old])
            fact = {"organisation_id": known.id, "name": name, "value": value}
            origin = {"source_id": source.key if source else "", "batch_id": batch.id}
            facts.append({**fact, **origin, "noted_at": now})
        changes.append(
            {
                "batch_id": batch.id,
                "organisation_id": known.id,
                "before": db.dump_json(
                    {name: known.columns[name] for name in update.values}
                    | {"others": {name: ours for name, (ours, _new) in update.others.items()}}
                ),
                "after": db.dump_json(
                    update.values
                    | {"numbers": update.numbers}
                    | {"others": {name: new for name, (_ours, new) in update.others.items()}}
                ),
                "facts": db.dump_json(replaced),
                "steps": int(update.changes),
            }
        )
    for fact in facts:
        _forget_fact(fact)
    bulk.insert("organisation_identifier", numbers)
    bulk.insert("organisation_fact", facts)
    bulk.insert(Change._meta.table_name, changes)
    return [update.known.id for update in touched]


def _write(number: int, values: Mapping[str, Any], now: str) -> None:
    sets = "".join(f"{name} = ?, " for name in values)
    db.execute(
        f"UPDATE organisation SET {sets}updated_at = ?, version = version + 1 WHERE id = ?",
        [*values.values(), now, number],
    )


def _forget_fact(fact: Mapping[str, Any]) -> None:
    db.execute(
        "DELETE FROM organisation_fact WHERE organisation_id = ? AND name = ? AND source_id = ?",
        [fact["organisation_id"], fact["name"], fact["source_id"]],
    )


def take_back(
    ctx: Context, batch: ImportBatch, changes: Sequence[Change], values: Iterable[ImportValue]
) -> tuple[dict[int, list[str]], dict[int, dict[str, str]]]:
    """Put back what a batch changed of these entries, but for what was changed again since.

    `values` are those of other plugins' columns as they stand. Returns what stays, names of facts by
    the entry's id, and what the other plugins put back.
    """
    stand = {(value.organisation_id, value.column): value.ours for value in values}
    others: dict[int, dict[str, str]] = {}
    stays: dict[int, list[str]] = {}
    now = db.utc_text(ctx.clock.now())
    known = _load([change.organisation_id for change in changes])
    for change in changes:
        found = known.get(change.organisation_id)
        if found is None:
            continue
        after = dict(change.after)
        numbers = [tuple(pair) for pair in after.pop("numbers")]
        back: dict[str, Any] = {}
        again = {}
        for name, value in after.pop("others", {}).items():
            if stand.get((found.id, name)) == value:
                again[name] = change.before["others"][name]
            else:
                stays.setdefault(found.id, []).append(name)
        for name, columns in _grouped(after).items():
            if all(_same(found.columns[column], after[column]) for column in columns):
                back |= {column: change.before[column] for column in columns}
            else:
                stays.setdefault(found.id, []).append(name)
        for scheme, value in numbers:
            db.execute(
                "DELETE FROM organisation_identifier "
                "WHERE organisation_id = ? AND scheme = ? AND value = ?",
                [found.id, scheme, value],
            )
        if again:
            others[found.id] = again
        if back or numbers or again:
            _write(found.id, back, now)
            Change.update(steps=Change.steps + 1).where(Change.id == change.id).execute()
        _put_facts_back(change, batch)
    return stays, others


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return abs(one - other) < 0.0005
    return bool(one == other)


def _grouped(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the columns that were changed, by the fact they belong to."""
    owner = {column: name for name, columns in OF_FACT.items() for column in columns}
    grouped: dict[str, list[str]] = {}
    for column in values:
        grouped.setdefault(owner.get(column, column), []).append(column)
    return grouped


def _put_facts_back(change: Change, batch: ImportBatch) -> None:
    """Only in the place of the batch's own facts: what a later import said stays."""
    mine = db.query(
        "DELETE FROM organisation_fact WHERE organisation_id = ? AND batch_id = ? RETURNING name, "
        "source_id",
        [change.organisation_id, batch.id],
    )
    sources = dict(mine)
    for name, value, noted_at, batch_id in change.facts:
        if name in sources:
            fact = {"organisation_id": change.organisation_id, "name": name, "value": value}
            origin = {"source_id": sources[name], "batch_id": batch_id, "noted_at": noted_at}
            bulk.insert("organisation_fact", [{**fact, **origin}])
