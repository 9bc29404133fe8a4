"""Make drafts of tables from what a host chose of a calendar file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from plugins.roundtable_exchange import reading
from plugins.roundtable_exchange.forms import MOST_ROWS, Row
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from portal import audit, db, settings
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _

MONTH = timedelta(days=31)


def read(ctx: Context, series: Series, files: list[tuple[str, bytes]]) -> reading.Reading:
    """Return what calendar files hold for a draft. Raises Conflict once it is published."""
    check_draft(series)
    ahead = settings.of(ctx, "roundtable_exchange")["months_ahead"] * MONTH
    return reading.read(files, series.zone, ctx.clock.now(), ahead, MOST_ROWS)


def check_draft(series: Series) -> None:
    """Refuse what people may register for already. Raises Conflict."""
    if series.state != "draft":
        told = _("Only a draft takes meetings from a file. Add single round tables on its page.")
        raise Conflict(told)


def add(ctx: Context, series: Series, rows: Sequence[Row], lang: str, capacity: int) -> int:
    """Make a table of each chosen row, all or none; returns how many.

    What is wrong stands with the row, by field; then Invalid is raised. Raises Conflict, TooMany.
    """
    check_draft(series)
    chosen = [row for row in rows if row.is_taken]
    if not chosen:
        raise Invalid(_("Choose at least one meeting."), "rows")
    same = {"lang": lang, "capacity": capacity, "reserved": 0, "joining": "", "supports": []}
    with db.transaction():
        for row in chosen:
            try:
                with db.database.atomic():
                    roundtables.add_table(ctx, series, {**same, **row.values(), "note": ""})
            except Invalid as error:
                if error.field == "capacity":
                    raise
                row.errors[error.field or "topic"] = error.message
        if any(row.errors for row in chosen):
            raise Invalid(_("Some meetings need another look. Nothing was added yet."), "rows")
        audit.record(
            ctx, "round_tables.from_file", "roundtables_series", series.id, count=len(chosen)
        )
    return len(chosen)
