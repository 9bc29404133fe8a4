"""What a lead does before a consortium closes, and what happens when its records end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from plugins.closing import archive, rules
from plugins.closing.models import Closing
from plugins.closing.rules import Point
from plugins.consortia.interface import (
    ACTIVE,
    CLOSED,
    Seen,
    forget_people,
    lock,
    members,
    note,
    of_ids,
)
from portal import audit, db, objects, settings
from portal.context import Context
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy


def of(consortium: Seen) -> Closing:
    """Return what was noted; an empty row that is not stored where nothing was."""
    row: Closing | None = Closing.get_or_none(Closing.consortium_id == consortium.id)
    return row or Closing(consortium_id=consortium.id)


def points(ctx: Context, consortium: Seen) -> list[Point]:
    """Return what is to be done before it closes: what other plugins know, then its own steps."""
    ids = [member.organisation.id for member in members(consortium, ACTIVE)]
    hooks = objects.registry().hooks
    asked = list(hooks.each("consortia_closing", ctx, consortium=consortium, members=ids))
    row, page = of(consortium), f"/consortia/{consortium.slug}/closing"
    return [
        *(Point(*each) for each in asked),
        Point(
            int(not row.reported_on),
            _("The final report is handed in") if row.reported_on else _("Final report"),
            f"{page}#at-report",
        ),
        Point(
            int(not row.archived_at),
            _("The archive is made") if row.archived_at else _("Archive of everything"),
            f"{page}#at-archive",
        ),
        Point(
            int(not row.keep_until),
            _("It is said how long records stay") if row.keep_until else _("How long records stay"),
            f"{page}#at-keep",
        ),
    ]


def usual_end(ctx: Context, consortium: Seen) -> date:
    """Return until when records stay unless the lead says another day."""
    today = ctx.clock.now().date()
    last = date.fromisoformat(consortium.ends_on) if consortium.ends_on else today
    return rules.years_after(max(last, today), int(settings.of(ctx, "closing")["keep_years"]))


def report(ctx: Context, consortium: Seen, title: str, day: date | None) -> None:
    """Note the final report. Raises Invalid, NotFound, NotAllowed."""
    named, on = rules.checked_report(title, day, ctx.clock.now().date())
    _put(ctx, consortium, lazy("The final report was handed in: %(title)s", title=named),
         report=named, reported_on=on)  # fmt: skip


def keep(ctx: Context, consortium: Seen, until: date | None) -> None:
    """Say until when records are kept. Raises Invalid, NotFound, NotAllowed."""
    day = rules.checked_until(until, ctx.clock.now().date())
    text = lazy("Records of the consortium are kept until %(day)s", day=day)
    _put(ctx, consortium, text, keep_until=day)


def make_archive(ctx: Context, consortium: Seen) -> bytes:
    """Return the archive, and note that the lead made it. Raises NotFound, NotAllowed."""
    _put(ctx, consortium, lazy("The archive was made"), archived_at=ctx.clock.now())
    return archive.bundle(ctx, consortium)


def _put(ctx: Context, consortium: Seen, text: Any, **values: Any) -> None:
    with db.transaction():
        now = lock(ctx, consortium)
        row = of(now)
        for name, value in {**values, "account": ctx.actor.account_id}.items():
            setattr(row, name, value)
        row.save()
        note(ctx, now, text)
        audit.record(ctx, "consortium.closing", "consortia_consortium", now.id, what=sorted(values))


def forget_due(ctx: Context) -> int:
    """Take persons out of the records of closed consortia whose day has come; returns how many."""
    today = ctx.clock.now().date().isoformat()
    due: Sequence[Closing] = list(
        Closing.select().where(
            Closing.keep_until != "", Closing.keep_until < today, Closing.forgotten_at.is_null()
        )
    )
    known = of_ids(ctx, [row.consortium_id for row in due])
    done = 0
    for row in due:
        consortium = known.get(row.consortium_id)
        if consortium is None or consortium.state != CLOSED:
            continue
        with db.transaction():
            forget_people(consortium)
            Closing.update(forgotten_at=ctx.clock.now(), account=None).where(
                Closing.id == row.id
            ).execute()
            audit.record(ctx, "consortium.forgotten", "consortia_consortium", consortium.id)
        done += 1
    return done
