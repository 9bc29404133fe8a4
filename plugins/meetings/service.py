"""What people do about meetings: plan, change, cancel, answer, write minutes, note what is to be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from plugins.calendars.interface import joining_link, moment
from plugins.consortia.interface import CLOSED, Seen, lock, note
from plugins.meetings import queries, rules, telling, visiting
from plugins.meetings.models import Action, Answer, Guest, Meeting, Switch
from plugins.meetings.telling import CANCEL, REQUEST
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

MOST_MEETINGS, MOST_ACTIONS = 500, 1_000
SHOWN = ("title", "starts_at", "length", "zone", "place", "agenda")
"""What calendars and people must learn when it changes."""
ANSWER_WITHIN = timedelta(hours=1)
"""How long after the end of a meeting people can still say that they came."""


def switch(ctx: Context, consortium: Seen, section: str, is_on: bool) -> None:
    """Show a section in the menu, or no more; nothing in it is lost."""
    with db.transaction():
        now = lock(ctx, consortium)
        Switch.delete().where(Switch.consortium_id == now.id, Switch.section == section).execute()
        Switch.create(consortium_id=now.id, section=section, is_on=is_on)


def plan(ctx: Context, consortium: Seen, values: Mapping[str, Any]) -> Meeting:
    """Plan a meeting and invite members. Raises Invalid naming the field, TooMany."""
    kept, guests = _checked(ctx, consortium, values, None)
    with db.transaction():
        now = _open(ctx, consortium)
        if Meeting.select().where(Meeting.consortium_id == now.id).count() >= MOST_MEETINGS:
            raise TooMany(_("There are %(most)s meetings already.", most=MOST_MEETINGS))
        row: Meeting = Meeting.create(
            public_id=new_public_id(),
            consortium_id=now.id,
            account=ctx.actor.account_id,
            created_at=ctx.clock.now(),
            **kept,
        )
        for number in guests:
            Guest.create(meeting=row.id, organisation=number)
        _invite(ctx, now, row, guests, lazy("Meeting of %(name)s: %(title)s", **_named(now, row)))
        note(ctx, now, lazy("A meeting was planned: %(title)s", title=row.title))
        audit.record(ctx, "meeting.planned", "meetings_meeting", row.id)
    return row


def _open(ctx: Context, consortium: Seen, permission: str = "run") -> Seen:
    """Let others wait; refuse what nobody does in a closed consortium."""
    now = lock(ctx, consortium, permission)
    if now.state == CLOSED:
        raise Conflict(_("This consortium is closed."))
    return now


def _named(consortium: Seen, row: Meeting) -> dict[str, Any]:
    return {"name": consortium.name, "title": row.title}


def _checked(
    ctx: Context, consortium: Seen, values: Mapping[str, Any], row: Meeting | None
) -> tuple[dict[str, Any], list[int]]:
    starts_at = moment(values["day"], values["time"], values["zone"], "day")
    if row is None or starts_at != row.starts_at:
        rules.not_past(starts_at, ctx.clock.now(), "day", rules.LONGEST_AHEAD)
    kept = {
        "title": rules.line(values["title"], "title"),
        "starts_at": starts_at,
        "zone": values["zone"],
        "length": rules.length(values["length"]),
        "place": rules.line(values["place"], "place", may_be_empty=True),
        "joining": joining_link(values["joining"]),
        "series": rules.series(values["series"]),
        "agenda": rules.agenda(values["agenda"]),
    }
    known = {item.slug: item.id for item in queries.members(consortium)}
    here = known | ({item.slug: item.id for item in queries.guests(row)} if row else {})
    if not set(values["guests"]) <= set(here) or values["scribe"] not in known:
        field = "scribe" if values["scribe"] not in known else "guests"
        raise Invalid(_("Choose an active member."), field)
    if not values["guests"]:
        raise Invalid(_("Invite at least one organisation."), "guests")
    return kept | {"scribe": known[values["scribe"]]}, [here[slug] for slug in values["guests"]]


def _invite(ctx: Context, consortium: Seen, row: Meeting, ids: Sequence[int], title: Any) -> None:
    body = lazy("%(when)s. Say on the page whether you come.", when=telling.when(row))
    telling.appoint(ctx, consortium, row, ids, REQUEST, title, body)


def change(
    ctx: Context, consortium: Seen, row: Meeting, values: Mapping[str, Any], version: int | None
) -> Meeting:
    """Change a meeting; calendars learn of it, and who is not invited any more too.

    Another time asks everybody anew. Raises Invalid, and Conflict when somebody changed it meanwhile.
    """
    with db.transaction():
        now = _open(ctx, consortium)
        old: Meeting = Meeting.get_by_id(row.id)
        _check_on(old)
        if old.ends_at <= ctx.clock.now():
            raise Conflict(_("This meeting is over."))
        if version is not None and version != old.version:
            raise Conflict(
                _("Somebody else saved this while you were writing. Nothing of yours is lost."),
                version=old.version,
            )
        kept, guests = _checked(ctx, now, values, old)
        before = [item.id for item in queries.guests(old)]
        is_other = any(kept[name] != getattr(old, name) for name in SHOWN)
        step = 1 if is_other or set(before) != set(guests) else 0
        if kept["starts_at"] != old.starts_at:
            kept["reminded_at"] = None
            Answer.delete().where(Answer.meeting == old.id).execute()
        fresh = _put(old, **kept, version=old.version + 1, sequence=old.sequence + step)
        gone = [number for number in before if number not in guests]
        new = [number for number in guests if number not in before]
        Guest.delete().where(Guest.meeting == old.id, Guest.organisation.in_(gone)).execute()
        Answer.delete().where(Answer.meeting == old.id, Answer.organisation.in_(gone)).execute()
        for number in new:
            Guest.create(meeting=old.id, organisation=number)
        named = _named(now, fresh)
        _uninvite(ctx, now, fresh, gone, guests)
        _invite(ctx, now, fresh, new, lazy("Meeting of %(name)s: %(title)s", **named))
        if is_other:
            stays = [number for number in guests if number not in new]
            _invite(ctx, now, fresh, stays, lazy("Changed: %(title)s (%(name)s)", **named))
            visiting.changed(ctx, fresh, kept["starts_at"] != old.starts_at)
        audit.record(ctx, "meeting.changed", "meetings_meeting", row.id)
    return fresh


def _uninvite(
    ctx: Context, consortium: Seen, row: Meeting, gone: Sequence[int], stay: Sequence[int]
) -> None:
    """Take a meeting out of the calendars of people whom no other organisation brings there."""
    named = _named(consortium, row)
    title = lazy("You are not invited any more: %(title)s (%(name)s)", **named)
    there = {account for account, _of in queries.people(stay)}
    telling.appoint(ctx, consortium, row, gone, CANCEL, title, "", but=there)


def _check_on(row: Meeting) -> None:
    if row.cancelled_at:
        raise Conflict(_("This meeting is cancelled."))


def _put(row: Meeting, **values: Any) -> Meeting:
    Meeting.update(**values).where(Meeting.id == row.id).execute()
    return Meeting.get_by_id(row.id)  # type: ignore[no-any-return]


def cancel(ctx: Context, consortium: Seen, row: Meeting, reason: str) -> Meeting:
    """Cancel a meeting that has not begun; calendars learn of it. Raises Invalid, Conflict."""
    told = rules.line(reason, "reason", 300)
    with db.transaction():
        now = _open(ctx, consortium)
        old: Meeting = Meeting.get_by_id(row.id)
        _check_on(old)
        if old.starts_at <= ctx.clock.now():
            raise Conflict(_("This meeting has begun. Say in its minutes what became of it."))
        fresh = _put(
            old,
            cancelled_at=ctx.clock.now(),
            sequence=old.sequence + 1,
            version=old.version + 1,
        )
        ids = [item.id for item in queries.guests(old)]
        title = lazy("Cancelled: %(title)s (%(name)s)", **_named(now, fresh))
        telling.appoint(
            ctx, now, fresh, ids, CANCEL, title, lazy("The reason: %(reason)s", reason=told)
        )
        visiting.cancelled(ctx, now, fresh)
        line = lazy("The meeting %(title)s was cancelled: %(reason)s", title=row.title, reason=told)
        note(ctx, now, line)
        audit.record(ctx, "meeting.cancelled", "meetings_meeting", row.id)
    return fresh


def answer(ctx: Context, consortium: Seen, row: Meeting, said: str) -> Answer:
    """Say whether the actor comes, until the meeting is over. Raises Invalid, NotAllowed, Conflict."""
    if said not in rules.ANSWERS:
        raise Invalid(_("Choose yes, maybe or no."), "answer")
    with db.transaction():
        _open(ctx, consortium, "inside")
        now: Meeting = Meeting.get_by_id(row.id)
        _check_on(now)
        own = queries.own_members(ctx, queries.guests(now), any_role=True)
        if not own:
            raise NotAllowed(_("Your organisation is not invited to this meeting."))
        if ctx.clock.now() > now.ends_at + ANSWER_WITHIN:
            raise Conflict(_("This meeting is over."))
        me = ctx.actor.account_id
        Answer.delete().where(Answer.meeting == now.id, Answer.account == me).execute()
        made: Answer = Answer.create(
            meeting=now.id,
            account=me,
            organisation=own[0].id,
            answer=said,
            at=ctx.clock.now(),
        )
    return made


# Minutes


def may_write(ctx: Context, consortium: Seen, row: Meeting) -> bool:
    """Whether the actor writes the minutes: people of the lead, and of the member chosen for it."""
    if consortium.state == CLOSED:
        return False
    scribe = [item for item in queries.members(consortium) if item.id == row.scribe_id]
    return consortium.part == "lead" or bool(queries.own_members(ctx, scribe))


def write_minutes(
    ctx: Context, consortium: Seen, row: Meeting, written: str, version: int, share: bool
) -> Meeting:
    """Keep the minutes; with `share` every member reads them from now on.

    Raises Conflict with both texts when somebody else saved them meanwhile.
    """
    clean = rules.text(written, "minutes", rules.MINUTES_LENGTH, may_be_empty=not share)
    with db.transaction():
        now = _open(ctx, consortium, "inside")
        old: Meeting = Meeting.get_by_id(row.id)
        if not may_write(ctx, now, old):
            raise NotAllowed
        if version != old.minutes_version:
            raise Conflict(
                _("Somebody else saved this while you were writing. Nothing of yours is lost."),
                texts={"minutes": {"yours": clean, "theirs": old.minutes}},
                version=old.minutes_version,
            )
        first = share and old.shared_at is None
        fresh = _put(
            old,
            minutes=clean,
            minutes_version=old.minutes_version + 1,
            shared_at=ctx.clock.now() if first else old.shared_at,
        )
        if first:
            title = lazy("The minutes are there: %(title)s (%(name)s)", **_named(now, fresh))
            ids = [item.id for item in queries.members(now)]
            telling.tell(
                ctx, now, ids, telling.MINUTES, title, "", f"{telling.base_of(now, row)}#minutes"
            )
            note(ctx, now, lazy("The minutes of %(title)s were shared", title=row.title))
            audit.record(ctx, "minutes.shared", "meetings_meeting", row.id)
    return fresh


# What is to be done


def add_action(
    ctx: Context, consortium: Seen, row: Meeting | None, values: Mapping[str, Any]
) -> Action:
    """Note what a member does until a day. Raises Invalid, NotAllowed, TooMany."""
    title = rules.line(values["title"], "title")
    due_on = rules.due_on(values["due_on"], ctx.clock.now().date())
    with db.transaction():
        now = _open(ctx, consortium, "inside")
        if not (may_write(ctx, now, row) if row else now.part == "lead"):
            raise NotAllowed
        owner = _member(now, values["organisation"])
        if Action.select().where(Action.consortium_id == now.id).count() >= MOST_ACTIONS:
            raise TooMany(_("There are %(most)s actions already.", most=MOST_ACTIONS))
        made: Action = Action.create(
            public_id=new_public_id(),
            consortium_id=now.id,
            meeting=row.id if row else None,
            organisation=owner.id,
            account=ctx.actor.account_id,
            title=title,
            due_on=due_on,
            created_at=ctx.clock.now(),
        )
        telling.tell(
            ctx,
            now,
            [owner.id],
            telling.ACTION,
            lazy("%(name)s: your organisation is to do something by %(day)s", name=now.name,
                 day=telling.Day(due_on)),
            title,
            telling.base_of(now, part="actions"),
        )  # fmt: skip
        audit.record(ctx, "action.noted", "meetings_action", made.id)
    return made


def _member(consortium: Seen, slug: str) -> Organisation:
    for item in queries.members(consortium):
        if item.slug == slug:
            return item
    raise Invalid(_("Choose an active member."), "organisation")


def finish_action(ctx: Context, consortium: Seen, row: Action, is_done: bool) -> None:
    """Tick an action off, or take the tick back: its organisation does, or the lead."""
    with db.transaction():
        now = _open(ctx, consortium, "inside")
        owner = [item for item in queries.members(now) if item.id == row.organisation_id]
        if now.part != "lead" and not queries.own_members(ctx, owner):
            raise NotAllowed
        at = ctx.clock.now() if is_done else None
        Action.update(done_at=at).where(Action.id == row.id).execute()
        audit.record(ctx, "action.done" if is_done else "action.open", "meetings_action", row.id)
