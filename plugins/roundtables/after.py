"""After the draw and the table: objections, what is deleted, reminders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.roundtables import calendars, checking, models, placing, telling
from plugins.roundtables.models import Draw, Interest, Need, Objection, Place, RoundTable, Series
from portal import audit, db, permissions, settings
from portal.clock import working_days_after
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.service import new_public_id

NAME = "roundtables_series"
ANSWER_DAYS = 5
"""Working days within which a host answers an objection."""
MOST_OBJECTIONS = 3
NEEDS_KEPT = timedelta(days=30)
BEFORE_TABLE = (
    ("7", timedelta(days=7), lazy("In a week")),
    ("1", timedelta(days=1), lazy("Tomorrow")),
    ("0", timedelta(hours=1), lazy("In an hour")),
)
BEFORE_OFFER_ENDS = timedelta(hours=24)
BEFORE_DEADLINE = timedelta(hours=24)


# Objections


def object_to(ctx: Context, interest: Interest, text: str) -> Objection:
    """Object to the allocation; a person of the host answers. Raises Invalid, Conflict."""
    series: Series = Series.get_by_id(interest.series_id)
    text = checking.block(text, "text", _("Write what you think is wrong."), 3_000)
    if series.state not in {"placed", "held"}:
        raise Conflict(_("There is no allocation to object to yet."))
    with db.transaction():
        placing.hold(series)
        own = Objection.select().where(Objection.interest == interest.id)
        if own.count() >= MOST_OBJECTIONS:
            raise Conflict(_("You objected several times already. Wait for the answers."))
        now = ctx.clock.now()
        made: Objection = Objection.create(
            public_id=new_public_id(), interest=interest.id, text=text, created_at=now,
            due_at=working_days_after(now, ANSWER_DAYS),
        )  # fmt: skip
        audit.record(ctx, "allocation.objected", NAME, series.id, objection=made.id)
        telling.tell_host(
            ctx, series, telling.OBJECTED,
            lazy("Somebody objects to the allocation of %(title)s", title=series.title),
            lazy("Please answer within %(days)s working days.", days=ANSWER_DAYS),
            f"/round-tables/{series.slug}/objections", str(made.id),
        )  # fmt: skip
    return made


def answer(ctx: Context, series: Series, public_id: str, text: str) -> None:
    """Answer an objection; the person is told. Raises NotFound, Invalid, Conflict."""
    permissions.check(ctx, "run", series)
    rows = Objection.select(Objection, Interest).join(Interest)
    row = rows.where(Interest.series == series.id, Objection.public_id == public_id).first()
    if row is None:
        raise NotFound
    text = checking.block(text, "answer", _("Write the answer."), 3_000)
    with db.transaction():
        same = (Objection.id == row.id, Objection.answered_at.is_null())
        if not Objection.update(answer=text, answered_at=ctx.clock.now()).where(*same).execute():
            raise Conflict(_("Somebody else answered this meanwhile."))
        row.interest.series = series
        telling.tell(ctx, row.interest, "answered")
        audit.record(ctx, "objection.answered", NAME, series.id, objection=row.id)


# Regular work


def remind(ctx: Context) -> int:
    """Send the reminders that are due, each once; returns how many."""
    now = ctx.clock.now()
    sent = 0
    rows = (
        Place.select(Place, Interest, RoundTable)
        .join(Interest)
        .switch(Place)
        .join(RoundTable)
        .where(
            Place.state.in_((models.ACCEPTED, models.OFFERED)), Interest.state == models.INTERESTED
        )
        .where(RoundTable.cancelled_at.is_null(), RoundTable.starts_at > now)
    )
    for row in list(rows.order_by(Place.id)):
        mark = _due(row, now)
        if mark:
            with db.transaction():
                sent += _remind(ctx, row, mark)
    for interest in _unproven(ctx):
        with db.transaction():
            telling.tell(ctx, interest, "remind_asked")
            Interest.update(reminded_at=now).where(Interest.id == interest.id).execute()
            sent += 1
    return sent


def _due(row: Place, now: Any) -> str:
    if row.state == models.OFFERED:
        is_new = row.offered_at > row.answer_by - 2 * BEFORE_OFFER_ENDS
        is_due = now >= row.answer_by - BEFORE_OFFER_ENDS and now < row.answer_by
        return "offer" if is_due and not is_new and "offer" not in row.reminded else ""
    left = row.table.starts_at - now
    due = [mark for mark, before, _words in BEFORE_TABLE if left <= before]
    newest = due[-1] if due else ""
    return newest if newest and newest not in row.reminded.split() else ""


def _remind(ctx: Context, row: Place, mark: str) -> int:
    marks = " ".join(filter(None, (row.reminded, mark)))
    same = (Place.id == row.id, Place.state == row.state, Place.reminded == row.reminded)
    if not Place.update(reminded=marks).where(*same).execute():
        return 0
    series: Series = Series.get_by_id(row.table.series_id)
    row.table.series = row.interest.series = series
    if mark == "offer":
        telling.tell_of(ctx, row, row.table, "remind_offer")
        return 1
    answered = row.answered_at or row.offered_at
    before, words = next(row[1:] for row in BEFORE_TABLE if row[0] == mark)
    if answered > row.table.starts_at - before:  # the confirmation said the same a moment ago
        return 0
    telling.tell_of(ctx, row, row.table, "remind", left=words)
    return 1


def _unproven(ctx: Context) -> list[Interest]:
    now = ctx.clock.now()
    rows = (
        Interest.select(Interest, Series)
        .join(Series)
        .where(Interest.state == models.ASKED, Interest.reminded_at.is_null())
        .where(Interest.created_at < now - BEFORE_DEADLINE, Series.state == models.PUBLISHED)
        .where(Series.closes_at > now, Series.closes_at <= now + BEFORE_DEADLINE)
    )
    return list(rows.order_by(Interest.id))


def forget(ctx: Context) -> None:
    """Delete what is no longer needed: needs first, then names and the pools behind the hashes."""
    now = ctx.clock.now()
    days = settings.of(ctx, "roundtables")["kept_days"]
    of: Any = Interest
    with db.transaction():
        over = of.select(of.id).where(of.over_at < now - NEEDS_KEPT)
        Need.delete().where(Need.interest.in_(over)).execute()
        old: Any = Series
        gone = old.select(old.id).where(old.over_at < now - timedelta(days=days))
        Interest.delete().where(Interest.series.in_(gone)).execute()
        Draw.update(pool="").where(Draw.series.in_(gone)).execute()
        unproven = (
            of.select(of.id)
            .join(old)
            .where(of.state == models.ASKED, old.state != models.PUBLISHED)
        )
        waiting = unproven.where(of.created_at < now - NEEDS_KEPT)
        Interest.delete().where(Interest.id.in_(waiting)).execute()
    calendars.forget(ctx)


def look_after(ctx: Context) -> None:
    """End offers, send reminders, tell hosts that a deadline is over; called every few minutes."""
    placing.expire(ctx)
    remind(ctx)


def closed(ctx: Context, series: Series) -> None:
    """Tell the host that registration is over and places can be allocated."""
    telling.tell_host(
        ctx, series, telling.NEW, lazy("Registration is over: %(title)s", title=series.title),
        lazy("Places can be allocated now."), f"/round-tables/{series.slug}/allocation",
    )  # fmt: skip
