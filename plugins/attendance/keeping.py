"""What is deleted on schedule: all that hangs on a person goes with the person's interest."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from plugins.attendance import surveys
from plugins.attendance.models import (
    Certificate,
    Comment,
    Consent,
    Group,
    Letter,
    Outcome,
    Owner,
    Spent,
    Tally,
)
from plugins.roundtables import interface as roundtables
from portal import db
from portal.context import Context

BLANK = "-"
"""Before the marks of a survey that is over: they are made anew, and say nothing about anybody."""


def forget(ctx: Context) -> None:
    """Delete what belonged to people and tables that are gone, and loosen the marks of surveys.

    Outcomes, counts of surveys and the hashes of certificates stay as long as their table.
    """
    people: tuple[Any, ...] = (Group, Consent, Comment, Letter, Owner)
    with db.transaction():
        for model in people:
            rows = model.select(model.interest_id).where(model.interest_id.is_null(False))
            gone = roundtables.gone({number for (number,) in rows.distinct().tuples()})
            model.delete().where(model.interest_id.in_(list(gone))).execute()
        tables: tuple[Any, ...] = (Outcome, Owner, Tally, Spent, Certificate)
        for model in tables:
            for (number,) in list(model.select(model.table_id).distinct().tuples()):
                if roundtables.of_table(number) is None:
                    model.delete().where(model.table_id == number).execute()
        _loosen(ctx)


def _loosen(ctx: Context) -> None:
    """Replace the marks of who answered once a survey is over: not even the site's key helps then."""
    rows = Spent.select().where(~Spent.digest.startswith(BLANK))
    for number in {row.table_id for row in rows}:
        series = roundtables.of_table(number)
        table = next((one for one in series.tables if one.id == number), None) if series else None
        if table is None or surveys.ends_at(ctx, table) + timedelta(days=1) > ctx.clock.now():
            continue
        for row in rows.where(Spent.table_id == number):
            fresh = BLANK + secrets.token_hex(16)
            Spent.update(digest=fresh).where(Spent.digest == row.digest).execute()
