"""The anonymous survey: answers are only counted, and a spent mark says that somebody answered.

No row holds a person's answers, no moment stands beside a count, and nothing is written into the
audit log. Whoever has the whole database and the site's key can find out who answered, never what.
"""

from __future__ import annotations

import csv
import hmac
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from plugins.attendance.models import Spent, Tally
from plugins.roundtables.interface import Seat, Table
from portal import db, settings
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

SMALLEST_SHOWN = 5
"""Nothing is shown of fewer answers, so that nobody is recognised."""
VALUES = ("5", "4", "3", "2", "1", "")
WORDS: Mapping[str, Any] = {
    "5": lazy("fully"),
    "4": lazy("mostly"),
    "3": lazy("partly"),
    "2": lazy("hardly"),
    "1": lazy("not at all"),
    "": lazy("no answer"),
}
QUESTIONS: Mapping[str, Any] = {
    "useful": lazy("The round table is useful for my work."),
    "heard": lazy("I could say what I wanted to say."),
    "mix": lazy("The right mix of people was there."),
    "access": lazy("I could take part without obstacles."),
    "again": lazy("I would come again."),
}
"""There is no question for free words: words show who wrote them."""


def ends_at(ctx: Context, table: Table) -> datetime:
    """Return until when people can answer; what they said is shown after that."""
    days: int = settings.of(ctx, "attendance")["survey_days"]
    return table.ends_at + timedelta(days=days)


def is_open(ctx: Context, table: Table) -> bool:
    """Whether people can answer now: from the end of the table on."""
    return table.ends_at <= ctx.clock.now() <= ends_at(ctx, table)


def has_answered(table: Table, seat: Seat) -> bool:
    """Whether somebody has answered."""
    return bool(Spent.select().where(Spent.digest == _mark(table, seat)).exists())


def answer(ctx: Context, table: Table, seat: Seat, given: Mapping[str, str]) -> None:
    """Count somebody's answers, once. Raises Invalid, Conflict when it is over or was done before."""
    kept = {name: given.get(name, "") for name in QUESTIONS}
    if not set(kept.values()) <= set(VALUES):
        raise Invalid(_("Choose one of the answers."), "survey")
    if not any(kept.values()):
        raise Invalid(_("Answer at least one question."), "survey")
    if not is_open(ctx, table):
        raise Conflict(_("The survey is closed."))
    with db.transaction():
        rows = [{"digest": _mark(table, seat), "table_id": table.id}]
        if not db.execute(*_spend(rows[0])).rowcount:
            raise Conflict(_("You have answered already. Thank you."))
        if not Tally.select().where(Tally.table_id == table.id).exists():
            # All at once: the order of rows would tell what was answered first.
            Tally.insert_many(
                {"table_id": table.id, "question": name, "value": value, "count": 0}
                for name in QUESTIONS
                for value in VALUES
            ).execute()
        for name, value in kept.items():
            here = (Tally.table_id == table.id, Tally.question == name, Tally.value == value)
            Tally.update(count=Tally.count + 1).where(*here).execute()


def _spend(row: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    sql = "INSERT INTO attendance_spent (digest, table_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
    return sql, (row["digest"], row["table_id"])


def _mark(table: Table, seat: Seat) -> str:
    key: str = current_app.config["PORTAL"].signing_key()
    text = f"survey {table.public_id} {seat.public_id}"
    return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()


def asked(table: Table) -> int:
    """Return how many people answered."""
    return int(Spent.select().where(Spent.table_id == table.id).count())


def results(ctx: Context, table: Table) -> list[tuple[str, list[int]]] | None:
    """Return for each question how often each of VALUES was chosen.

    None while people can still answer, since the next answer could be told from the one before, and
    for fewer than five answers.
    """
    if ctx.clock.now() <= ends_at(ctx, table) or asked(table) < SMALLEST_SHOWN:
        return None
    counts = {
        (row.question, row.value): row.count
        for row in Tally.select().where(Tally.table_id == table.id)
    }
    return [(name, [counts.get((name, value), 0) for value in VALUES]) for name in QUESTIONS]


def as_csv(found: list[tuple[str, list[int]]]) -> str:
    """Return the counts as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Question"), *(WORDS[value] for value in VALUES)])
    for name, cells in found:
        writer.writerow([QUESTIONS[name], *cells])
    return out.getvalue()
