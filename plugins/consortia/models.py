"""Tables of the consortia plugin."""

from __future__ import annotations

from peewee import AutoField, BooleanField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account

FORMING, RUNNING, SUSPENDED, CLOSED = "forming", "active", "suspended", "closed"
INVITED, APPLIED, ACTIVE = "invited", "applied", "active"
DECLINED, LEFT, ENDED = "declined", "left", "ended"
OPEN, DONE, REFUSED, STOPPED = "open", "done", "refused", "stopped"
HAND_OVER, REPLACEMENT = "hand_over", "replacement"


class Consortium(Model):
    """Organisations that run mobility together.

    The one lead is a column, so that there is always exactly one. `rule` and `rule_version` name
    the programme rule that it keeps to; `needs` lists what is wanted; days are ISO dates.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    slug = BinaryText(unique=True)
    lead = ForeignKeyField(Organisation, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = TextField()
    purpose = TextField()
    lang = TextField()
    kind = TextField()
    fields = JsonField(default=list)
    languages = JsonField(default=list)
    starts_on = TextField(default="")
    ends_on = TextField(default="")
    grant_number = TextField(default="")
    website = TextField(default="")
    rule = TextField(default="")
    rule_version = TextField(default="")
    needs = JsonField(default=list)
    is_fictional = BooleanField(default=False)
    state = TextField(default=FORMING)
    version = IntegerField(default=1)
    created_at = UtcDateTime()
    lead_id: int
    account_id: int | None

    class Meta:
        table_name = "consortia_consortium"


class Membership(Model):
    """An organisation's part in a consortium; one row for each, whatever happens to it.

    `role` is what it is formally (partner, ...), `parts` what it does (sending, host, supporting).
    """

    id = AutoField()
    public_id = TextField(unique=True)
    consortium = ForeignKeyField(Consortium, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    role = TextField(default="partner")
    parts = JsonField(default=list)
    message = TextField(default="")
    state = TextField()
    version = IntegerField(default=1)
    asked_at = UtcDateTime()
    reminded_at = UtcDateTime(null=True)
    answered_at = UtcDateTime(null=True)
    joined_on = TextField(default="")
    left_on = TextField(default="")
    consortium_id: int
    organisation_id: int
    account_id: int | None

    class Meta:
        table_name = "consortia_membership"


class Contact(Model):
    """Who at a member is to be written to for what; at most one person for each `role`.

    It hangs on the person's part in the organisation, so it is gone when they no longer act for it.
    """

    id = AutoField()
    membership = ForeignKeyField(Membership, on_delete="CASCADE")
    member = ForeignKeyField(OrganisationMember, on_delete="CASCADE")
    role = TextField()
    membership_id: int
    member_id: int

    class Meta:
        table_name = "consortia_contact"


class Entry(Model):
    """A line of a consortium's history; lines are only added. `detail` holds what it says."""

    id = AutoField()
    consortium = ForeignKeyField(Consortium, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, null=True, on_delete="SET NULL")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    what = TextField()
    detail = JsonField(default=dict)
    at = UtcDateTime()
    consortium_id: int
    organisation_id: int | None
    account_id: int | None

    class Meta:
        table_name = "consortia_entry"


class Motion(Model):
    """Somebody else shall lead: handed over by the lead, or wanted by members of a silent one.

    At most one of a consortium is open; the database sees to it.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    consortium = ForeignKeyField(Consortium, on_delete="CASCADE")
    candidate = ForeignKeyField(Organisation, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    kind = TextField()
    state = TextField(default=OPEN)
    created_at = UtcDateTime()
    due_at = UtcDateTime(null=True)
    closed_at = UtcDateTime(null=True)
    consortium_id: int
    candidate_id: int
    account_id: int | None

    class Meta:
        table_name = "consortia_motion"


class Support(Model):
    """A member's voice for a motion."""

    id = AutoField()
    motion = ForeignKeyField(Motion, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = UtcDateTime()
    motion_id: int
    organisation_id: int
    account_id: int | None

    class Meta:
        table_name = "consortia_support"


class Flow(Model):
    """Participant places from a sending member to a host: planned, agreed, done."""

    id = AutoField()
    public_id = TextField(unique=True)
    consortium = ForeignKeyField(Consortium, on_delete="CASCADE")
    sender = ForeignKeyField(Organisation, on_delete="CASCADE")
    host = ForeignKeyField(Organisation, on_delete="CASCADE")
    planned = IntegerField(default=0)
    agreed = IntegerField(default=0)
    done = IntegerField(default=0)
    version = IntegerField(default=1)
    consortium_id: int
    sender_id: int
    host_id: int

    class Meta:
        table_name = "consortia_flow"


class Move(Model):
    """Places that went from one host to another, and why."""

    id = AutoField()
    consortium = ForeignKeyField(Consortium, on_delete="CASCADE")
    sender = ForeignKeyField(Organisation, on_delete="CASCADE")
    source = ForeignKeyField(Organisation, on_delete="CASCADE")
    target = ForeignKeyField(Organisation, on_delete="CASCADE")
    places = IntegerField()
    reason = TextField(default="")
    at = UtcDateTime()
    consortium_id: int
    sender_id: int
    source_id: int
    target_id: int

    class Meta:
        table_name = "consortia_move"


class Day(Model):
    """A date of a consortium: a deadline, a meeting, a stay. Days are ISO dates."""

    id = AutoField()
    public_id = TextField(unique=True)
    consortium = ForeignKeyField(Consortium, on_delete="CASCADE")
    title = TextField()
    starts_on = TextField()
    ends_on = TextField(default="")
    place = TextField(default="")
    consortium_id: int

    class Meta:
        table_name = "consortia_date"
