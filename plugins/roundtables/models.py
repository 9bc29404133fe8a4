"""Tables of the round tables."""

from __future__ import annotations

from datetime import datetime, timedelta

from peewee import AutoField, BooleanField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

DRAFT, PUBLISHED, CLOSED, PLACED = "draft", "published", "closed", "placed"
HELD, CANCELLED, DISCARDED = "held", "cancelled", "discarded"
OVER = (PLACED, HELD, CANCELLED)
"""States in which nothing is allocated any more."""


class Series(Model):
    """Round tables of one host that share a registration and an allocation.

    Times are UTC, `zone` is the IANA zone in which the host thinks. What is sent until `freezes_at`
    counts: `closes_at` with a short grace. `groups` names the groups that count, `own_groups` lists
    pairs of a title and its values. `loss` is how much breadth may be given up for equal chances,
    in per cent. `contact` alone reads what people need for access. `counts` keeps how many of each
    group registered, were offered a place and came, when the names are gone. `host_key` stands for
    a group of organisations in whose name the series is run, led by `organisation`; empty for none.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    slug = BinaryText(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    contact = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    title = TextField()
    purpose = TextField()
    questions = TextField(default="")
    lang = TextField(default="en")
    zone = TextField()
    opens_at = UtcDateTime()
    closes_at = UtcDateTime()
    freezes_at = UtcDateTime()
    groups = JsonField(default=list)
    own_groups = JsonField(default=list)
    weights = JsonField(default=dict)
    org_cap = IntegerField(default=1)
    seats_per_person = IntegerField(default=1)
    loss = IntegerField(default=10)
    offer_hours = IntegerField(default=72)
    state = TextField(default=DRAFT)
    version = IntegerField(default=1)
    counts = JsonField(default=dict)
    created_at = UtcDateTime()
    published_at = UtcDateTime(null=True)
    over_at = UtcDateTime(null=True)
    host_key = TextField(default="")
    host_title = TextField(default="")
    host_url = TextField(default="")
    organisation_id: int
    account_id: int | None
    contact_id: int | None

    class Meta:
        table_name = "roundtables_series"

    @property
    def host_name(self) -> str:
        """Who invites: the group in whose name it is, else the organisation."""
        return str(self.host_title or self.organisation.name)


class RoundTable(Model):
    """One meeting. `reserved` seats of its `capacity` are the host's; the others are allocated,
    and `overbooked` places more, because some who accept do not come.

    `joining` is the link to the meeting, sealed. `sequence` rises with every change that calendars
    must learn. `supports` are the accessibility offers, `rapporteur` writes down what is found. `findings` is where outcomes stood before they had a plugin.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    series = ForeignKeyField(Series, on_delete="CASCADE", backref="tables")
    number = IntegerField()
    topic = TextField()
    lang = TextField()
    starts_at = UtcDateTime()
    minutes = IntegerField()
    capacity = IntegerField()
    reserved = IntegerField(default=0)
    overbooked = IntegerField(default=0)
    joining = TextField(default="")
    supports = JsonField(default=list)
    note = TextField(default="")
    rapporteur = TextField(default="")
    sequence = IntegerField(default=0)
    findings = JsonField(default=dict)
    published_at = UtcDateTime(null=True)
    cancelled_at = UtcDateTime(null=True)
    version = IntegerField(default=1)
    series_id: int

    class Meta:
        table_name = "roundtables_table"

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        ends_at: datetime = self.starts_at + timedelta(minutes=self.minutes)
        return ends_at

    @property
    def room(self) -> int:
        """The seats that are not kept for the host."""
        return max(0, self.capacity - self.reserved)

    @property
    def seats(self) -> int:
        """The places that are given: those with a seat, and those beyond."""
        return self.room + int(self.overbooked)

    @property
    def key(self) -> str:
        """What it is called in the files of a draw."""
        return f"T{self.number}"


ASKED, INTERESTED, WITHDRAWN = "asked", "interested", "withdrawn"


class Interest(Model):
    """That somebody confirmed an interest in a series, with or without an account.

    *asked* until the mail address is proven. `mark` is in the mailed link and changes when a new one
    is sent. `receipt` is the code under which the person is found in the published tickets,
    `choices` lists tables, best first; who `is_flexible` also takes others that come free, at no
    time of `away` (pairs of moments at which they can't come). `groups` maps a group to its value, "" for what was not said.
    `position` counts those who confirmed, `is_pooled` says that the draw knows the person, and
    `over_at` when the data are no longer needed.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    series = ForeignKeyField(Series, on_delete="CASCADE", backref="interests")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    organisation = ForeignKeyField(Organisation, null=True, on_delete="SET NULL", backref="+")
    email = TextField()
    name = TextField()
    lang = TextField()
    employer = TextField(default="")
    groups = JsonField(default=dict)
    choices = JsonField(default=list)
    is_flexible = BooleanField(default=False)
    away = JsonField(default=list)
    is_listed = BooleanField(default=False)
    is_recordable = BooleanField(default=False)
    mark = TextField()
    receipt = TextField(unique=True)
    salt = TextField()
    source = TextField(default="page")
    state = TextField(default=ASKED)
    version = IntegerField(default=1)
    position = IntegerField(default=0)
    is_pooled = BooleanField(default=False)
    created_at = UtcDateTime()
    confirmed_at = UtcDateTime(null=True)
    reminded_at = UtcDateTime(null=True)
    over_at = UtcDateTime(null=True)
    series_id: int
    account_id: int | None
    organisation_id: int | None

    class Meta:
        table_name = "roundtables_interest"


class Need(Model):
    """What a person needs for access, and whether they have fewer opportunities; both sealed."""

    interest = ForeignKeyField(Interest, primary_key=True, on_delete="CASCADE", backref="+")
    needs = TextField(default="")
    fewer = TextField(default="")
    interest_id: int

    class Meta:
        table_name = "roundtables_need"


WORKING, TRIED, FAILED, STOPPED = "working", "tried", "failed", "stopped"
COMMITTED, DRAWN, SHOWN = "committed", "drawn", "shown"


class Draw(Model):
    """A try at an allocation, or the one that was committed, drawn and published.

    `pool` is sealed and deleted with the names; the hashes and the tickets stay.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    series = ForeignKeyField(Series, on_delete="CASCADE", backref="+")
    state = TextField(default=WORKING)
    loss = IntegerField()
    settings = JsonField(default=dict)
    pool = TextField(default="")
    pool_hash = TextField(default="")
    settings_hash = TextField(default="")
    result = TextField(default="")
    figures = JsonField(default=dict)
    tickets_hash = TextField(default="")
    source = TextField(default="")
    value = TextField(default="")
    ticket = IntegerField(null=True)
    job_id = IntegerField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    created_at = UtcDateTime()
    committed_at = UtcDateTime(null=True)
    drawn_at = UtcDateTime(null=True)
    series_id: int

    class Meta:
        table_name = "roundtables_draw"


OFFERED, ACCEPTED, DECLINED, EXPIRED, LEFT = "offered", "accepted", "declined", "expired", "left"
ATTENDED, ABSENT, EXCUSED, GONE = "attended", "absent", "excused", "gone"
SEATED = (ACCEPTED, ATTENDED, ABSENT, EXCUSED)
"""States of a place that somebody took; after the table it says whether they came."""
TAKING = (OFFERED, *SEATED)
"""States in which a place is taken."""


class Place(Model):
    """A seat at a table for a person: offered, then accepted or not.

    `via` says how: all (everybody fitted), draw, rule (by the rule of replacement). `sequence` is that of
    the last calendar object, -1 before the first. *left* gave an accepted place back, *gone* lost it
    with a cancelled table.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    interest = ForeignKeyField(Interest, on_delete="CASCADE", backref="places")
    table = ForeignKeyField(RoundTable, on_delete="CASCADE", backref="places")
    state = TextField(default=OFFERED)
    via = TextField(default="draw")
    reminded = TextField(default="")
    sequence = IntegerField(default=-1)
    offered_at = UtcDateTime()
    answer_by = UtcDateTime()
    answered_at = UtcDateTime(null=True)
    attended_at = UtcDateTime(null=True)
    interest_id: int
    table_id: int

    class Meta:
        table_name = "roundtables_place"


class Objection(Model):
    """What somebody who was not placed objects to, and what the host answered."""

    id = AutoField()
    public_id = TextField(unique=True)
    interest = ForeignKeyField(Interest, on_delete="CASCADE", backref="+")
    text = TextField()
    answer = TextField(default="")
    created_at = UtcDateTime()
    due_at = UtcDateTime()
    answered_at = UtcDateTime(null=True)

    class Meta:
        table_name = "roundtables_objection"


class Letter(Model):
    """Which calendar object goes along with a mail of the outbox."""

    outbox_id = IntegerField(primary_key=True)
    table = ForeignKeyField(RoundTable, on_delete="CASCADE", backref="+")
    uid = TextField()
    method = TextField()
    sequence = IntegerField()
    gate = TextField(default="")
    table_id: int

    class Meta:
        table_name = "roundtables_letter"
