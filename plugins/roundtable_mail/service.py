"""Entering people who wrote a mail: a file of the host, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugins.roundtable_mail import rules
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal import audit, db
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import SHIPPED, _


@dataclass(frozen=True)
class Outcome:
    """What became of a file: how many rows went in, which did not and why."""

    taken: int
    problems: list[tuple[int, str]]


def take_in(ctx: Context, series: Series, data: bytes) -> Outcome:
    """Enter interests that came by mail; each person gets a mail with a link to look and withdraw.

    A bad row is named, the others go in. Raises Invalid for what is no table, Conflict after the
    deadline, NotAllowed or NotFound for those who don't run the series.
    """
    rows = rules.read(data)
    taken, problems = 0, []
    with db.transaction():
        roundtables.hold_open(ctx, series)
        known, tables = roundtables.asked(series), {str(one.number): one for one in series.tables}
        for line, row in enumerate(rows, 2):
            if not any(row.values()):
                continue
            try:
                wanted = row.get("choices", "").replace(",", " ").replace("T", " ").split()
                choices = [tables[n].public_id if n in tables else n for n in wanted]
                with db.database.atomic():
                    roundtables.enter(
                        ctx, series, {**_read(series, row, known), "choices": choices}
                    )
                taken += 1
            except Invalid as error:
                problems.append((line, error.message))
        audit.record(ctx, "interests.imported", "roundtables_series", series.id, count=taken)
    return Outcome(taken, problems)


def _read(
    series: Series, row: Mapping[str, str], known: Mapping[str, tuple[str, Mapping[str, str]]]
) -> dict[str, object]:
    said = {}
    for key, (title, values) in known.items():
        value = row.get(key, row.get(title.lower(), ""))
        if value and value not in values:
            told = _("“%(value)s” is no value of %(group)s.", value=value[:60], group=title)
            raise Invalid(told)
        said[key] = value
    lang = row.get("language", "")
    return {
        "name": row.get("name", ""),
        "email": row.get("email", ""),
        "employer": row.get("organisation", ""),
        "lang": lang if lang in SHIPPED else series.lang,
        "groups": said,
    }
