"""The task list of a mobility: made from the newest list, moved with its days, marked by its sides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from plugins.mobilities import queries, rules, steps
from plugins.mobilities.models import (
    CANCELLED,
    DID_NOT_HAPPEN,
    DONE,
    HOST,
    NOT_NEEDED,
    OPEN,
    PLANNING,
    SENDING,
    SUPPORTING,
    Mark,
    Mobility,
    ParticipantRow,
    TaskRow,
)
from plugins.mobilities.steps import COMPETENT, PARTICIPANT, Step
from plugins.mobilities.workflow import MOBILITY
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _

MARKS = (DONE, NOT_NEEDED, OPEN)
OVER = (CANCELLED, DID_NOT_HAPPEN)
LOOK_AHEAD = timedelta(days=14)
REMIND_BEFORE, REMIND_AFTER = timedelta(days=3), timedelta(days=7)
REMIND_UNTIL = timedelta(days=56)
NOTE_LENGTH = 500


@dataclass(frozen=True)
class Item:
    """A step as it stands: its row, what the list says of it, how many participants did theirs."""

    row: TaskRow
    step: Step
    marks: int = 0

    @property
    def due_on(self) -> date:
        """The day until which it is to be done."""
        return date.fromisoformat(self.row.due_on)


def make(ctx: Context, mobility: Mobility) -> None:
    """Make the list of a mobility, or bring it in step with a plan that changed.

    It keeps the list with which it began. What was marked stays; open steps that don't fit any
    more go.
    """
    known = {row.key: row for row in _rows(mobility.id)}
    began = next((row.list_number for row in known.values()), 0)
    number = began or steps.newest(ctx, mobility)
    wanted = {step.key: step for step in steps.fitting(mobility.kind, mobility.mode, number)}
    planned = mobility.created_at.date()
    missing = [
        {
            "mobility": mobility.id,
            "key": key,
            "list_number": number,
            "lead": step.lead,
            "due_on": steps.due_on(
                step, mobility.first_day, mobility.last_day, planned
            ).isoformat(),
        }
        for key, step in wanted.items()
        if key not in known
    ]
    if missing:
        TaskRow.insert_many(missing).execute()
    gone = [row.id for key, row in known.items() if key not in wanted and row.state == OPEN]
    TaskRow.delete().where(TaskRow.id.in_(gone)).execute()
    move(mobility)


def move(mobility: Mobility) -> None:
    """Let the days of open steps follow those of the mobility."""
    planned = mobility.created_at.date()
    for row in _rows(mobility.id):
        step = steps.steps_of(row.list_number)[row.key]
        day = steps.due_on(step, mobility.first_day, mobility.last_day, planned).isoformat()
        if row.state == OPEN and row.due_on != day:
            of: Any = TaskRow
            of.update(due_on=day, reminded_at=None).where(of.id == row.id).execute()


def _rows(mobility_id: int) -> list[TaskRow]:
    of: Any = TaskRow
    return list(of.select().where(of.mobility == mobility_id).order_by(of.id))


def items(mobility_id: int) -> list[Item]:
    """Return the steps of a mobility in the order of the list."""
    rows = _rows(mobility_id)
    of: Any = Mark
    counts = dict(
        of.select(of.task, fn.COUNT(of.id))
        .where(of.task.in_([row.id for row in rows]))
        .group_by(of.task)
        .tuples()
    )
    found = [
        Item(row, steps.steps_of(row.list_number)[row.key], counts.get(row.id, 0)) for row in rows
    ]
    number = rows[0].list_number if rows else steps.NEWEST
    order = {key: at for at, key in enumerate(steps.steps_of(number))}
    return sorted(found, key=lambda item: order.get(item.row.key, len(order)))


def progress(found: Iterable[Item]) -> tuple[int, int]:
    """Return how many steps are done, of those that are needed."""
    needed = [item for item in found if item.row.state != NOT_NEEDED]
    return sum(item.row.state == DONE for item in needed), len(needed)


def sides_of(step: Step, *, leads: bool = False) -> set[str]:
    """Return the sides that may mark a step; the sending one for participants and authorities."""
    actors = step.actors[:1] if leads else step.actors
    return {SENDING if name in {PARTICIPANT, COMPETENT} else name for name in actors}


def mark(
    ctx: Context, mobility: Mobility, key: str, state: str, note: str, sides: Collection[str]
) -> None:
    """Mark a step as done, not needed or open again, for one of the sides that have a part in it.

    Raises NotFound, NotAllowed, Conflict once there will be no stay, Invalid for a long note.
    """
    row = _row(mobility, key)
    step = steps.steps_of(row.list_number)[row.key]
    mine = sides_of(step) & set(sides)
    if not mine and not ctx.actor.system:
        raise NotAllowed(_("This step belongs to another side."))
    note = rules.plain(note)
    if len(note) > NOTE_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=NOTE_LENGTH), field="note")
    with db.transaction():
        if Mobility.get_by_id(mobility.id).state in OVER:
            raise Conflict(_("There is no stay any more, so nothing is left to do."))
        side = next((name for name in (SENDING, HOST, SUPPORTING) if name in mine), "")
        _store(ctx, row, state, note, side)
        audit.record(ctx, "step.marked", MOBILITY, mobility.id, step=key, state=state, side=side)


def _store(ctx: Context, row: TaskRow, state: str, note: str, side: str) -> None:
    if state not in MARKS:
        raise NotFound
    done = state != OPEN
    values = {
        "state": state,
        "note": note if done else "",
        "done_at": ctx.clock.now() if done else None,
        "done_side": side if done else "",
        "account": ctx.actor.account_id if done else None,
    }
    TaskRow.update(**values).where(TaskRow.id == row.id).execute()


def _row(mobility: Mobility, key: str) -> TaskRow:
    of: Any = TaskRow
    row: TaskRow | None = of.get_or_none(of.mobility == mobility.id, of.key == key)
    if row is None:
        raise queries.missing()
    return row


def finish(ctx: Context, mobility: Mobility, transition: str) -> None:
    """Mark what is done with a step of the workflow."""
    of: Any = TaskRow
    keys = steps.BY_STEP.get(transition, ())
    for row in of.select().where(of.mobility == mobility.id, of.key.in_(keys), of.state == OPEN):
        side = HOST if row.lead == HOST else SENDING
        _store(ctx, row, DONE, "", side)


def did(ctx: Context, person: ParticipantRow, mobility: Mobility, key: str) -> None:
    """Note that a participant did their part; the step is done once everybody did.

    Raises NotFound for steps that participants don't lead.
    """
    row = _row(mobility, key)
    if row.lead != PARTICIPANT:
        raise NotFound
    with db.transaction():
        of: Any = Mark
        of.insert(
            task=row.id, participant=person.id, done_at=ctx.clock.now()
        ).on_conflict_ignore().execute()
        places = [place.id for place in queries.placements([mobility.id])[mobility.id]]
        everybody = {item.id for item in queries.participants(places)}
        have = {number for (number,) in of.select(of.participant).where(of.task == row.id).tuples()}
        if everybody <= have and TaskRow.get_by_id(row.id).state == OPEN:
            _store(ctx, row, DONE, "", PARTICIPANT)
        audit.record(ctx, "step.done", MOBILITY, mobility.id, step=key, role=PARTICIPANT)


def done_by(ctx: Context, mobility: Mobility, key: str, role: str) -> None:
    """Mark an open step as done by somebody without an account. Raises NotFound, Conflict."""
    row = _row(mobility, key)
    if mobility.state in OVER:
        raise Conflict(_("There is no stay any more, so nothing is left to do."))
    if row.state == OPEN:
        _store(ctx, row, DONE, "", role)


def marked_by(person: ParticipantRow) -> set[int]:
    """Return the numbers of steps of which a participant did their part."""
    of: Any = Mark
    return {number for (number,) in of.select(of.task).where(of.participant == person.id).tuples()}


def due(numbers: Collection[int], until: date) -> list[tuple[TaskRow, Mobility]]:
    """Return open steps that are due until a day and led by one of these organisations, by day.

    Before the host has agreed, only the sending side's.
    """
    task: Any = TaskRow
    of: Any = Mobility
    own = list(numbers)
    led = (
        (task.lead.in_([SENDING, PARTICIPANT, COMPETENT]) & of.sending.in_(own))
        | ((task.lead == HOST) & of.host.in_(own) & (of.state != PLANNING))
        | ((task.lead == SUPPORTING) & of.supporting.in_(own) & (of.state != PLANNING))
    )
    rows = (
        task.select(task, of)
        .join(of, on=task.mobility)
        .where(task.state == OPEN, task.due_on <= until.isoformat(), of.state.not_in(OVER), led)
    )
    return [(row, row.mobility) for row in rows.order_by(task.due_on, task.id)]


def is_to_remind(row: TaskRow, today: date) -> bool:
    """Whether a step needs a reminder: none was sent yet, or it is late and the last is a week old."""
    last = row.reminded_at
    return last is None or (row.due_on < today.isoformat() and last.date() <= today - REMIND_AFTER)


def to_remind(today: date) -> dict[int, list[TaskRow]]:
    """Return the open steps that are due by now, by mobilities with one that needs a reminder.

    Those first due come first. Steps that have been late for long are left out, once somebody was
    reminded of them.
    """
    task: Any = TaskRow
    live: Any = Mobility.select(Mobility.id).where(Mobility.state.not_in(OVER))  # type: ignore[attr-defined]
    found: dict[int, list[TaskRow]] = {}
    rows = task.select().where(
        task.state == OPEN,
        task.due_on <= (today + REMIND_BEFORE).isoformat(),
        task.reminded_at.is_null() | (task.due_on > (today - REMIND_UNTIL).isoformat()),
        task.mobility.in_(live),
    )
    for row in rows.order_by(task.due_on, task.id):
        found.setdefault(row.mobility_id, []).append(row)
    return {
        number: rows
        for number, rows in found.items()
        if any(is_to_remind(row, today) for row in rows)
    }


def counts(ids: Collection[int]) -> Mapping[int, tuple[int, int]]:
    """Return done and needed steps of mobilities, by their numbers, in one statement."""
    task: Any = TaskRow
    rows = (
        task.select(task.mobility, task.state, fn.COUNT(task.id))
        .where(task.mobility.in_(list(ids)), task.state != NOT_NEEDED)
        .group_by(task.mobility, task.state)
    )
    found: dict[int, dict[str, int]] = {}
    for number, state, count in rows.tuples():
        found.setdefault(number, {})[state] = count
    return {number: (states.get(DONE, 0), sum(states.values())) for number, states in found.items()}
