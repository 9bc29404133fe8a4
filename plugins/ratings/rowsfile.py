"""The rows that scores are made of, and the file they travel in.

A row is one answer to one question by one side of one mobility. Learners' rows carry a `rating_id`
of their own for each criterion, so that nobody can put a learner's answers together again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import IO, NamedTuple

from portal.errors import Invalid
from portal.i18n import _

LIVE, BACKFILLED = "live", "backfilled"
EVIDENCE = (LIVE, BACKFILLED)
LEARNER, SENDING, HOST, SUPPORTING = "learner", "sending", "host", "supporting"
SHOWN = 20
"""Problems named before reading gives up."""
LONGEST = 200
"""Letters of an id, a role or a criterion."""


class Row(NamedTuple):
    """One answer. Both days are rounded to months (learners': the first one to quarters)."""

    rating_id: str
    rater_organisation: str
    rated_organisation: str
    role: str
    criterion: str
    stars: int
    mobility_ended_on: date
    released_on: date
    evidence: str = LIVE


COLUMNS: tuple[str, ...] = Row._fields
REQUIRED = COLUMNS[:-1]
_STARS = {str(stars): stars for stars in range(1, 6)}


class Unreadable(Invalid):
    """Lines of a file that can't be taken; `problems` holds (line, sentence), the first ones."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        self.problems = list(problems)
        lines = [
            _("Line %(line)s: %(problem)s", line=line, problem=text) for line, text in problems
        ]
        super().__init__("\n".join(lines))


def write(rows: Iterable[Row], file: IO[str]) -> int:
    """Write rows in the order of their values, so that it tells nothing; return how many.

    The file is opened with newline="".
    """
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in sorted(rows):
        writer.writerow(row)
        count += 1
    return count


def read(file: IO[str]) -> Iterator[Row]:
    """Yield the rows of a file, opened with newline="" and encoding "utf-8-sig".

    Columns may stand in any order, others are ignored; `evidence` may be missing. Nothing is left
    out: at the end it raises Unreadable when a line could not be taken, since a score made from
    the rest would be wrong. After the first such line no more rows come.
    """
    reader = csv.reader(file, strict=True)
    places = _places(reader)
    lines = _Lines(places)
    problems: list[tuple[int, str]] = []
    while len(problems) < SHOWN:
        try:
            cells = next(reader, None)
            if cells is None:
                break
            if cells and any(cells):
                row = lines.row(cells)
                if not problems:
                    yield row
        except Invalid as error:
            problems.append((reader.line_num, error.message))
        except (csv.Error, UnicodeDecodeError) as error:
            problems.append((reader.line_num, _unreadable(error)))
            break  # nobody knows where the next row begins
    if problems:
        raise Unreadable(problems)


def _unreadable(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return _("Save the file as UTF-8; it has signs in another encoding.")
    return _("A quotation mark is opened and not closed properly.")


def _places(reader: Iterator[list[str]]) -> list[int]:
    """Return where each of our columns stands in the file, -1 for one that is missing."""
    try:
        heads = [cell.strip() for cell in next(reader, [])]
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unreadable([(1, _unreadable(error))]) from error
    missing = [name for name in REQUIRED if name not in heads]
    if missing:
        text = _("The first line must name these columns: %(names)s.", names=", ".join(missing))
        raise Unreadable([(1, text)])
    twice = sorted({name for name in COLUMNS if heads.count(name) > 1})
    if twice:
        text = _("A column stands there twice: %(names)s.", names=", ".join(twice))
        raise Unreadable([(1, text)])
    return [heads.index(name) if name in heads else -1 for name in COLUMNS]


class _Lines:
    """Turns cells into rows; words and days that come again are kept once."""

    def __init__(self, places: list[int]) -> None:
        self.places, self.least = places, max(places) + 1
        self.words: dict[str, str] = {}
        self.days: dict[str, date] = {}
        self.seen: set[str] = set()

    def row(self, cells: list[str]) -> Row:
        if len(cells) < self.least:
            raise Invalid(
                _("It has %(cells)s cells, expected %(least)s.", cells=len(cells), least=self.least)
            )
        raw = [cells[place].strip() if place >= 0 else "" for place in self.places]
        stars = _STARS.get(raw[5])
        if stars is None:
            raise Invalid(_("Stars are 1, 2, 3, 4 or 5, not “%(seen)s”.", seen=raw[5][:40]))
        rater, rated, role, criterion = (
            self._word(name, text) for name, text in zip(COLUMNS[1:5], raw[1:5], strict=True)
        )
        if rater == rated:
            raise Invalid(_("An organisation can't rate itself: “%(seen)s”.", seen=rater[:40]))
        evidence = raw[8] or LIVE
        if evidence not in EVIDENCE:
            text = _("Evidence is live or backfilled, not “%(seen)s”.", seen=evidence[:40])
            raise Invalid(text)
        ended, released = self._day(COLUMNS[6], raw[6]), self._day(COLUMNS[7], raw[7])
        rating = self._once(raw[0], criterion)
        return Row(rating, rater, rated, role, criterion, stars, ended, released, evidence)

    def _word(self, name: str, text: str) -> str:
        known = self.words.get(text)
        if known is None:
            if not text or len(text) > LONGEST:
                raise Invalid(_("%(column)s is empty or too long.", column=name))
            known = self.words[text] = text
        return known

    def _day(self, name: str, text: str) -> date:
        day = self.days.get(text)
        if day is None:
            try:
                day = self.days[text] = date.fromisoformat(text)
            except ValueError:
                example = "2026-03-01"
                raise Invalid(
                    _(
                        "%(column)s is a day such as %(example)s, not “%(seen)s”.",
                        column=name,
                        example=example,
                        seen=text[:40],
                    )
                ) from None
        return day

    def _once(self, rating: str, criterion: str) -> str:
        if not rating or len(rating) > LONGEST:
            raise Invalid(_("%(column)s is empty or too long.", column=COLUMNS[0]))
        key = f"{rating}\0{criterion}"
        if key in self.seen:
            raise Invalid(_("The rating “%(seen)s” answers this twice.", seen=rating[:40]))
        self.seen.add(key)
        return rating
