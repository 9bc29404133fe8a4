"""Expressions of interest that came by mail: a CSV file of the host, row by row."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugins.roundtables import checking, groups, placing, queries, registering, telling, tokens
from plugins.roundtables.models import INTERESTED, PUBLISHED, Interest, Series
from portal import audit, db, permissions
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import SHIPPED, _
from portal.organisations.service import new_public_id
from portal.people.rules import normal_address, normal_name

COLUMNS = ("name", "email", "organisation", "choices", "language")
LARGEST = 2 * 1024 * 1024
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Outcome:
    """What became of a file: how many rows went in, which did not and why."""

    taken: int
    problems: list[tuple[int, str]]


def read(data: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file by its headings. Raises Invalid for what is no table."""
    if len(data) > LARGEST:
        raise Invalid(_("The file is larger than 2 MB. Split it."), "file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=mark))
    except csv.Error:
        rows = []
    heads = [head.strip().lower() for head in rows[0]] if rows else []
    if not {"name", "email", "choices"} <= set(heads):
        told = _("The first line must name the columns: %(names)s", names=", ".join(COLUMNS))
        raise Invalid(told, "file")
    if len(rows) - 1 > registering.MOST_ROWS:
        raise Invalid(_("Import at most %(num)s rows at once.", num=registering.MOST_ROWS), "file")
    return [dict(zip(heads, (cell.strip() for cell in row), strict=False)) for row in rows[1:]]


def take_in(ctx: Context, series: Series, data: bytes) -> Outcome:
    """Enter interests that came by mail; each person gets a mail with a link to look and withdraw.

    `choices` holds numbers of tables, best first, with blanks between. Columns named like groups
    of the series are taken too. A bad row is named, the others go in. Raises Invalid, Conflict.
    """
    permissions.check(ctx, "run", series)
    rows = read(data)
    if series.state != PUBLISHED or ctx.clock.now() > series.freezes_at:
        raise Conflict(_("Registration is over. The draw would be no longer fair to the others."))
    taken, problems = 0, []
    known = {str(row.number): row.id for row in queries.tables(series)}
    with db.transaction():
        placing.hold(series)
        for line, row in enumerate(rows, 2):
            if not any(row.values()):
                continue
            try:
                with db.database.atomic():
                    _enter(ctx, series, row, known)
                taken += 1
            except Invalid as error:
                problems.append((line, error.message))
        audit.record(ctx, "interests.imported", "roundtables_series", series.id, count=taken)
    return Outcome(taken, problems)


def _enter(ctx: Context, series: Series, row: Mapping[str, str], known: Mapping[str, int]) -> None:
    email = normal_address(row.get("email", ""))
    if queries.of_address(series, email) is not None:
        raise Invalid(_("This address is registered already."))
    values = {}
    for key in groups.keys(series):
        said = row.get(key, row.get(groups.title(series, key).lower(), ""))
        if said and said not in dict(groups.choices(series, key)):
            told = {"value": said[:60], "group": groups.title(series, key)}
            raise Invalid(_("“%(value)s” is no value of %(group)s.", **told))
        values[key] = said
    openly, fewer = groups.apart(values)
    wanted = row.get("choices", "").replace(",", " ").replace("T", " ").split()
    lang = row.get("language", "")
    of: Any = Interest
    last = of.select(of.position).where(of.series == series.id).order_by(of.position.desc()).first()
    made = Interest.create(
        public_id=new_public_id(),
        series=series.id,
        email=email,
        name=normal_name(row.get("name", "")),
        lang=lang if lang in SHIPPED else series.lang if series.lang in SHIPPED else "en",
        employer=checking.line(row.get("organisation", ""), "organisation", ""),
        groups=openly,
        choices=checking.ranked(wanted, known),
        mark=secrets.token_hex(12),
        receipt=tokens.new_receipt(),
        salt=secrets.token_hex(16),
        source="mail",
        state=INTERESTED,
        position=(last.position if last else 0) + 1,
        created_at=ctx.clock.now(),
        confirmed_at=ctx.clock.now(),
    )
    groups.keep_sealed(made, None, fewer)
    made.series = series
    telling.tell(ctx, made, "imported")


def table_of(series: Series) -> str:
    """Return everybody of a series as CSV that no spreadsheet takes for formulas."""
    keys = [key for key in groups.keys(series) if key != groups.FEWER]
    places: dict[int, list[str]] = {}
    tables = {row.id: row for row in queries.tables(series, with_cancelled=True)}
    for place in queries.places(series):
        places.setdefault(place.interest_id, []).append(
            f"{tables[place.table_id].key} {place.state}"
        )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["receipt", *COLUMNS, "state", "places", *(groups.title(series, k) for k in keys)]
    )
    for row in queries.people(series):
        choices = " ".join(str(tables[n].number) for n in row.choices if n in tables)
        cells = [row.receipt, row.name, row.email, row.employer, choices, row.lang, row.state]
        cells += [
            "; ".join(places.get(row.id, ())),
            *(str(row.groups.get(key, "")) for key in keys),
        ]
        writer.writerow([f"'{cell}" if cell.startswith(DANGEROUS) else cell for cell in cells])
    return out.getvalue()
