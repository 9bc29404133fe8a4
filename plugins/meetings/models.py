"""Tables of meetings and decisions. `consortium_id` is the number of a consortium."""

from __future__ import annotations

from datetime import datetime, timedelta

from peewee import AutoField, BooleanField, ForeignKeyField, IntegerField, TextField

from portal.db import JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

OPEN, CARRIED, REJECTED = "open", "carried", "rejected"
NO_QUORUM, WITHDRAWN = "no_quorum", "withdrawn"
CONSENT, VOTE, NOTED = "consent", "vote", "noted"


class Switch(Model):
    """Whether a consortium shows a section, where its lead said so; its kind says it else."""

    id = AutoField()
    consortium_id = IntegerField()
    section = TextField()
    is_on = BooleanField()

    class Meta:
        table_name = "meetings_switch"


class Meeting(Model):
    """When and where members meet, and what came of it.

    Times are UTC, `zone` is the IANA zone in which its lead thinks; `length` in minutes. `joining` is
    for members alone. `agenda` lists items with `title` and `minutes`. `sequence` rises with every
    change that calendars must learn. The text `minutes` has a lock of its own and is the writers'
    alone until `shared_at`; `scribe` writes it beside the lead. `series` is the address of round
    tables that belong to it.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    consortium_id = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    scribe = ForeignKeyField(Organisation, null=True, on_delete="SET NULL", backref="+")
    title = TextField()
    starts_at = UtcDateTime()
    length = IntegerField()
    zone = TextField()
    place = TextField(default="")
    joining = TextField(default="")
    series = TextField(default="")
    agenda = JsonField(default=list)
    sequence = IntegerField(default=0)
    version = IntegerField(default=1)
    minutes = TextField(default="")
    minutes_version = IntegerField(default=1)
    shared_at = UtcDateTime(null=True)
    cancelled_at = UtcDateTime(null=True)
    reminded_at = UtcDateTime(null=True)
    created_at = UtcDateTime()
    account_id: int | None
    scribe_id: int | None

    class Meta:
        table_name = "meetings_meeting"

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        ends_at: datetime = self.starts_at + timedelta(minutes=self.length)
        return ends_at


class Guest(Model):
    """An organisation that is invited to a meeting."""

    id = AutoField()
    meeting = ForeignKeyField(Meeting, on_delete="CASCADE", backref="+")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    meeting_id: int
    organisation_id: int

    class Meta:
        table_name = "meetings_guest"


class Answer(Model):
    """Whether a person comes: yes, maybe or no."""

    id = AutoField()
    meeting = ForeignKeyField(Meeting, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, on_delete="CASCADE", backref="+")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    answer = TextField()
    at = UtcDateTime()
    meeting_id: int
    account_id: int
    organisation_id: int

    class Meta:
        table_name = "meetings_answer"


class Letter(Model):
    """Which appointment goes along with a mail of the outbox."""

    outbox_id = IntegerField(primary_key=True)
    meeting = ForeignKeyField(Meeting, on_delete="CASCADE", backref="+")
    method = TextField()
    sequence = IntegerField()
    meeting_id: int

    class Meta:
        table_name = "meetings_letter"


class Action(Model):
    """What a member has to do by a day (ISO), mostly out of the minutes of a meeting."""

    id = AutoField()
    public_id = TextField(unique=True)
    consortium_id = IntegerField()
    meeting = ForeignKeyField(Meeting, null=True, on_delete="SET NULL", backref="+")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    title = TextField()
    due_on = TextField()
    done_at = UtcDateTime(null=True)
    reminded_at = UtcDateTime(null=True)
    created_at = UtcDateTime()
    meeting_id: int | None
    organisation_id: int
    account_id: int | None

    class Meta:
        table_name = "meetings_action"


class Decision(Model):
    """What members decide: by consent, by vote, or noted as taken in a meeting.

    `quorum` is the share of members, in per cent, that must take part. `result` holds the figures
    of the count, once it is closed.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    consortium_id = IntegerField()
    meeting = ForeignKeyField(Meeting, null=True, on_delete="SET NULL", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    title = TextField()
    text = TextField(default="")
    way = TextField()
    closes_at = UtcDateTime()
    zone = TextField(default="UTC")
    quorum = IntegerField(default=0)
    majority = TextField(default="simple")
    tie = TextField(default="rejected")
    is_secret = BooleanField(default=False)
    state = TextField(default=OPEN)
    result = JsonField(default=dict)
    reminded_at = UtcDateTime(null=True)
    closed_at = UtcDateTime(null=True)
    created_at = UtcDateTime()
    meeting_id: int | None
    account_id: int | None

    class Meta:
        table_name = "meetings_decision"


class Voice(Model):
    """That a member spoke, and what it said; of each member the last line counts.

    Lines are only added: the database refuses to change what they say. In a secret vote `choice`
    is empty; what was said lies in `Sealed` until it is counted.
    """

    id = AutoField()
    decision = ForeignKeyField(Decision, on_delete="CASCADE", backref="+")
    organisation = ForeignKeyField(Organisation, null=True, on_delete="SET NULL", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    choice = TextField(default="")
    reason = TextField(default="")
    at = UtcDateTime()
    decision_id: int
    organisation_id: int | None
    account_id: int | None

    class Meta:
        table_name = "meetings_voice"


class Sealed(Model):
    """What a member says in a secret vote: one line each, deleted with the count."""

    id = AutoField()
    decision = ForeignKeyField(Decision, on_delete="CASCADE", backref="+")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    choice = TextField()
    decision_id: int
    organisation_id: int

    class Meta:
        table_name = "meetings_sealed"


class Announcement(Model):
    """What the lead tells all members."""

    id = AutoField()
    public_id = TextField(unique=True)
    consortium_id = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    title = TextField()
    text = TextField()
    at = UtcDateTime()
    account_id: int | None

    class Meta:
        table_name = "meetings_announcement"


class Reading(Model):
    """That a member says it has read an announcement."""

    id = AutoField()
    announcement = ForeignKeyField(Announcement, on_delete="CASCADE", backref="+")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    at = UtcDateTime()
    announcement_id: int
    organisation_id: int

    class Meta:
        table_name = "meetings_reading"


class Visitor(Model):
    """A person without an account who is invited to a meeting, and whether they come.

    `ends_at` is the end of the meeting: some weeks later the row is deleted.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    meeting = ForeignKeyField(Meeting, on_delete="CASCADE", backref="+")
    email = TextField()
    name = TextField()
    language = TextField()
    answer = TextField(default="")
    answered_at = UtcDateTime(null=True)
    ends_at = UtcDateTime()
    meeting_id: int

    class Meta:
        table_name = "meetings_visitor"
