"""Announcements: the lead tells all members something, and sees which of them have read it."""

from __future__ import annotations

from typing import Any

from plugins.consortia.interface import CLOSED, Seen, lock
from plugins.meetings import queries, rules, telling
from plugins.meetings.models import Announcement, Reading
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, NotAllowed, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.service import new_public_id

MOST = 1_000


def announce(ctx: Context, consortium: Seen, title: str, text: str) -> Announcement:
    """Tell all members, each person by their own choice of mail. Raises Invalid, TooMany."""
    kept = {
        "title": rules.line(title, "title"),
        "text": rules.text(text, "text", may_be_empty=False),
    }
    with db.transaction():
        now = lock(ctx, consortium)
        if now.state == CLOSED:
            raise Conflict(_("This consortium is closed."))
        here = Announcement.select().where(Announcement.consortium_id == now.id)
        if here.count() >= MOST:
            raise TooMany(_("There are %(most)s announcements already.", most=MOST))
        made: Announcement = Announcement.create(
            public_id=new_public_id(),
            consortium_id=now.id,
            account=ctx.actor.account_id,
            at=ctx.clock.now(),
            **kept,
        )
        told = lazy("%(name)s: %(title)s", name=now.name, title=made.title)
        url = telling.base_of(now, part="announcements")
        ids = [item.id for item in queries.members(now)]
        telling.tell(ctx, now, ids, telling.ANNOUNCED, told, made.text, url)
        audit.record(ctx, "announcement.made", "meetings_announcement", made.id)
    return made


def confirm(ctx: Context, consortium: Seen, public_id: str) -> None:
    """Say for the actor's members that they have read it; saying it twice does no harm.

    Raises NotFound, and NotAllowed for who belongs to no member.
    """
    with db.transaction():
        now = lock(ctx, consortium, "inside")
        row: Announcement | None = Announcement.get_or_none(
            Announcement.consortium_id == now.id, Announcement.public_id == public_id
        )
        if row is None:
            raise queries.missing()
        own = queries.own_members(ctx, queries.members(now), any_role=True)
        if not own:
            raise NotAllowed
        have = _read_by(row)
        for item in own:
            if item.id not in have:
                Reading.create(announcement=row.id, organisation=item.id, at=ctx.clock.now())


def _read_by(row: Announcement) -> set[int]:
    of: Any = Reading
    return {number for (number,) in of.select(of.organisation)
            .where(of.announcement == row.id).tuples()}  # fmt: skip


def announcements(consortium: Seen) -> list[tuple[Announcement, set[int]]]:
    """Return what was announced, the latest first, with the numbers of those who have read it."""
    rows = Announcement.select().where(Announcement.consortium_id == consortium.id)
    found = list(rows.order_by(Announcement.id.desc()).limit(100))
    of: Any = Reading
    read: dict[int, set[int]] = {}
    ids = [row.id for row in found]
    marks = of.select(of.announcement, of.organisation).where(of.announcement.in_(ids))
    for number, organisation in marks.tuples():
        read.setdefault(number, set()).add(organisation)
    return [(row, read.get(row.id, set())) for row in found]
