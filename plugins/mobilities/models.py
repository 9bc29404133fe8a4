"""Who went where: mobilities, their placements and participants, and what a side reports."""

from __future__ import annotations

from datetime import date

from peewee import AutoField, BooleanField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

PLANNING, AGREED, RUNNING, ASSESSED = "planning", "agreed", "running", "assessed"
RECOGNISED, CLOSED, CANCELLED = "recognised", "closed", "cancelled"
INTERRUPTED, DID_NOT_HAPPEN = "interrupted", "did_not_happen"
LIVE = (AGREED, RUNNING, ASSESSED, RECOGNISED)
"""States in which both sides agreed, and which may still wait for the end of the stay."""

ENDED = "ended"
OUTCOMES = (ENDED, INTERRUPTED, DID_NOT_HAPPEN)
EXTENDED = "extended"
REPORTS = (EXTENDED, INTERRUPTED, DID_NOT_HAPPEN)

SENDING, HOST, SUPPORTING = "sending", "host", "supporting"
SIDES = (SENDING, HOST, SUPPORTING)
INITIATORS = (*SIDES, "participant", "workplace", "outside")
"""Who ended a stay before its day: one of the sides, the participant, the workplace, or nobody
here, such as the weather or an illness."""

RECORDED, BACKFILLED = "live", "backfilled"
"""How a mobility came here: planned and ended here, or told later with a document."""

INDIVIDUAL, GROUP, STAFF = "individual", "group", "staff"
KINDS = (INDIVIDUAL, GROUP, STAFF)
MODES = ("physical", "blended", "virtual")

WAITING, CONFIRMED, OBJECTED, TAKEN_BACK, SETTLED = (
    "", "confirmed", "objected", "taken_back", "settled"
)  # fmt: skip
"""What became of a report: nobody answered yet, the other side confirmed or objected, whoever made
it took it back, nobody answered in time."""


class Mobility(Model):
    """A stay that a sending organisation plans with a host: one person, a group, or staff.

    `field` is an ISCED-F code; days are ISO dates. `contact` is the person of the sending side
    whom participants reach when something is wrong, `phone` a number for emergencies.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    title = TextField()
    kind = TextField(default=INDIVIDUAL)
    sending = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    host = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    supporting = ForeignKeyField(Organisation, null=True, on_delete="SET NULL", backref="+")
    field = TextField(default="")
    occupation = TextField(default="")
    mode = TextField(default="physical")
    starts_on = BinaryText()
    ends_on = BinaryText()
    contact = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    phone = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    state = TextField(default=PLANNING)
    evidence = TextField(default=RECORDED)
    version = IntegerField(default=1)
    created_at = UtcDateTime()
    agreed_at = UtcDateTime(null=True)
    sending_id: int
    host_id: int
    supporting_id: int | None
    contact_id: int | None

    class Meta:
        table_name = "mobilities_mobility"

    @property
    def first_day(self) -> date:
        """The day on which it begins."""
        return date.fromisoformat(self.starts_on)

    @property
    def last_day(self) -> date:
        """The day on which it is planned to end."""
        return date.fromisoformat(self.ends_on)


class PlacementRow(Model):
    """Where participants of a mobility work or learn; `workplace` is empty at the host itself.

    `outcome` is empty until the stay is over, `initiator` says who ended it before its day.
    `ends_on` is what both sides agreed.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    mobility = ForeignKeyField(Mobility, on_delete="CASCADE", backref="placements")
    workplace = TextField(default="")
    workplace_city = TextField(default="")
    workplace_email = TextField(default="")
    starts_on = BinaryText()
    ends_on = BinaryText()
    ended_on = BinaryText(default="")
    outcome = TextField(default="")
    initiator = TextField(default="")
    mobility_id: int

    class Meta:
        table_name = "mobilities_placement"


class ParticipantRow(Model):
    """A person who goes. The sending side alone sees addresses.

    `arrangements` say what somebody with fewer opportunities needs; the host reads them only where
    `host_needs_them`. `ends_at` is when the stay ends, for the days that all this is kept.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    placement = ForeignKeyField(PlacementRow, on_delete="CASCADE", backref="participants")
    name = TextField()
    email = BinaryText(default="")
    language = TextField(default="en")
    is_minor = BooleanField(default=False)
    guardian_email = BinaryText(default="")
    arrangements = TextField(default="")
    host_needs_them = BooleanField(default=False)
    ends_at = UtcDateTime()
    placement_id: int

    class Meta:
        table_name = "mobilities_participant"


class Report(Model):
    """A side says that a stay does not end as planned; another side confirms or objects.

    `what` is one of `REPORTS`, `day` the new last day of an extended stay, or the last one of an
    interrupted one. `answer` is empty while nobody answered. `people` are the numbers of the
    participants for whom it ended early, empty when it is about all of the placement.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    placement = ForeignKeyField(PlacementRow, on_delete="CASCADE", backref="reports")
    side = TextField()
    what = TextField()
    initiator = TextField(default="")
    day = BinaryText()
    reason = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    made_at = UtcDateTime()
    people = JsonField(default=list)
    answer = TextField(default=WAITING)
    answer_reason = TextField(default="")
    answered_at = UtcDateTime(null=True)
    placement_id: int

    class Meta:
        table_name = "mobilities_report"


OPEN, DONE, NOT_NEEDED = "open", "done", "not_needed"


class TaskRow(Model):
    """A step of a mobility's task list: who leads it, until when, and what became of it.

    `key` names it in list number `list_number`; `note` is the proof in words.
    """

    id = AutoField()
    mobility = ForeignKeyField(Mobility, on_delete="CASCADE", backref="+")
    key = TextField()
    list_number = IntegerField()
    lead = TextField()
    due_on = BinaryText()
    state = TextField(default=OPEN)
    note = TextField(default="")
    done_at = UtcDateTime(null=True)
    done_side = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    reminded_at = UtcDateTime(null=True)
    mobility_id: int

    class Meta:
        table_name = "mobilities_task"


class Mark(Model):
    """That a participant did their part of a step."""

    id = AutoField()
    task = ForeignKeyField(TaskRow, on_delete="CASCADE", backref="+")
    participant = ForeignKeyField(ParticipantRow, on_delete="CASCADE", backref="+")
    done_at = UtcDateTime()
    task_id: int
    participant_id: int

    class Meta:
        table_name = "mobilities_mark"


class Alarm(Model):
    """A participant or guardian says that something is wrong; only `contact` reads it."""

    id = AutoField()
    public_id = TextField(unique=True)
    participant = ForeignKeyField(ParticipantRow, on_delete="CASCADE", backref="+")
    contact = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    by_guardian = BooleanField(default=False)
    text = TextField()
    created_at = UtcDateTime()
    seen_at = UtcDateTime(null=True)
    participant_id: int
    contact_id: int | None

    class Meta:
        table_name = "mobilities_alarm"
