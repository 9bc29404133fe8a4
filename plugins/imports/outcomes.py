"""What became of each row of an uploaded file: written down in parts, read again for pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from plugins.imports import labels
from plugins.imports.models import Part, Upload
from plugins.imports.service import NEW, REFUSED, UNCHANGED, Outcome
from plugins.imports.updates import Difference
from portal.hookspecs import ImportProblem

LATE = ""
"""The mark of an outcome that adds to an earlier one: a duplicate found at the end."""

KINDS: Mapping[str, Callable[[Outcome], bool]] = {
    "refused": lambda item: item.what == REFUSED,
    "updated": lambda item: any(not found.kept for found in item.differences),
    "kept": lambda item: any(found.kept for found in item.differences),
    "problems": lambda item: item.what != REFUSED and bool(item.problems),
    "duplicates": lambda item: bool(item.duplicate),
    "new": lambda item: item.what == NEW,
    "unchanged": lambda item: item.what == UNCHANGED,
}
"""What rows may be looked at together, what needs somebody first."""


def write(upload: Upload, outcomes: Sequence[Outcome]) -> None:
    """Write down what became of some rows."""
    if outcomes:
        rows = [_dump(item) for item in outcomes]
        Part.create(upload=upload.id, line=outcomes[0].line, outcomes=rows)


def counted(outcomes: Sequence[Outcome], before: Mapping[str, int]) -> dict[str, int]:
    """Return how many rows there are, and of each kind, with those counted before."""
    counts = Counter(before)
    counts["rows"] += sum(1 for item in outcomes if item.what != LATE)
    for kind, holds in KINDS.items():
        counts[kind] += sum(1 for item in outcomes if holds(item))
    return dict(counts)


def read(upload: Upload) -> Iterator[Outcome]:
    """Yield what became of the rows, by line; what was found at the end comes last."""
    parts = Part.select(Part.outcomes).where(Part.upload == upload.id).order_by(Part.id)
    for part in parts.iterator():
        yield from map(_load, part.outcomes)


def some(upload: Upload, kind: str, most: int, after: int = 0) -> list[Outcome]:
    """Return rows of a kind, at most so many, leaving out the first ones."""
    holds = KINDS[kind]
    return list(islice((item for item in read(upload) if holds(item)), after, after + most))


def first(upload: Upload, kinds: Iterable[str], most: int) -> dict[str, list[Outcome]]:
    """Return the first rows of several kinds, at most so many of each, in one pass."""
    found: dict[str, list[Outcome]] = {kind: [] for kind in kinds}
    wanted = sum(min(most, upload.counts.get(kind, 0)) for kind in found)
    for item in read(upload) if wanted else ():
        for kind, items in found.items():
            if len(items) < most and KINDS[kind](item):
                items.append(item)
                wanted -= 1
        if not wanted:
            break
    return found


def touched(upload: Upload) -> tuple[set[int], set[int]]:
    """Return the entries that rows were about so far, and those that they brought."""
    used, made = set[int](), set[int]()
    for item in read(upload):
        if item.organisation_id is not None:
            (made if item.what == NEW else used).add(item.organisation_id)
    return used, made


def _dump(item: Outcome) -> list[Any]:
    differences = [
        [found.field, found.ours, found.offered, found.kept, found.source]
        for found in item.differences
    ]
    problems = [[problem.column, problem.reason] for problem in item.problems]
    number = item.organisation_id
    return [item.line, item.what, item.name, number, problems, differences, item.duplicate]


def _load(row: Sequence[Any]) -> Outcome:
    line, what, name, number, problems, differences, duplicate = row
    return Outcome(
        line,
        what,
        name,
        number,
        [ImportProblem(line, column, reason) for column, reason in problems],
        [Difference(*found) for found in differences],
        duplicate,
    )


def said(item: Outcome) -> Iterator[tuple[str, str]]:
    """Yield everything that is to be said about a row: the column, if one is meant, and a sentence."""
    for problem in item.problems:
        yield problem.column, problem.reason
    for found in item.differences:
        yield found.field, labels.difference(found)
    if item.duplicate:
        yield "", item.duplicate


def lines(upload: Upload) -> Iterator[tuple[int, str, str, str, str]]:
    """Yield the lines of the report: each row at least once, with each thing said about it."""
    for item in read(upload):
        notes = list(said(item)) or [("", "")]
        what = labels.outcome(item.what)[0] if item.what != LATE else ""
        for column, sentence in notes:
            name = labels.column_name(column) if column else ""
            yield item.line, item.name, what, name, sentence


def forget(upload: Upload) -> None:
    """Forget what became of the rows, inside the transaction that begins anew."""
    Part.delete().where(Part.upload == upload.id).execute()
