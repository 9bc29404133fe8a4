"""Tables of the work plugin. Days are ISO dates or empty; money is whole cents."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    BooleanField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from portal.db import Model, UtcDateTime
from portal.organisations.models import Organisation

TASK, MILESTONE, DELIVERABLE = "task", "milestone", "deliverable"
PLANNED, RUNNING, DONE, DROPPED = "planned", "running", "done", "dropped"


class Plan(Model):
    """The work plan of a consortium: whether it is used, its budget, how often a report is due.

    `every` is "month", "quarter" or nothing, `reported_on` the last day of the latest report.
    """

    id = AutoField()
    consortium_id = IntegerField(unique=True)
    is_on = BooleanField(default=True)
    cents = BigIntegerField(default=0)
    every = TextField(default="")
    reported_on = TextField(default="")
    version = IntegerField(default=1)

    class Meta:
        table_name = "work_plan"


class Package(Model):
    """A work package. `lead` carries it; one that was removed can be brought back for a while."""

    id = AutoField()
    public_id = TextField(unique=True)
    consortium_id = IntegerField()
    number = IntegerField()
    title = TextField()
    aim = TextField(default="")
    lead = ForeignKeyField(Organisation, null=True, on_delete="SET NULL")
    starts_on = TextField(default="")
    ends_on = TextField(default="")
    cents = BigIntegerField(default=0)
    version = IntegerField(default=1)
    removed_at = UtcDateTime(null=True)
    lead_id: int | None

    class Meta:
        table_name = "work_package"


class Item(Model):
    """A task, a milestone or a deliverable; `owner` does it, `ends_on` is the day it is due.

    `reminded` names the last reminder that went out for this day.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    package = ForeignKeyField(Package, on_delete="CASCADE")
    owner = ForeignKeyField(Organisation, null=True, on_delete="SET NULL")
    kind = TextField(default=TASK)
    title = TextField()
    text = TextField(default="")
    starts_on = TextField(default="")
    ends_on = TextField()
    done_on = TextField(default="")
    reminded = TextField(default="")
    state = TextField(default=PLANNED)
    version = IntegerField(default=1)
    created_at = UtcDateTime()
    removed_at = UtcDateTime(null=True)
    package_id: int
    owner_id: int | None

    class Meta:
        table_name = "work_item"


class Need(Model):
    """`item` can't begin before what it `needs` is due."""

    id = AutoField()
    item = ForeignKeyField(Item, on_delete="CASCADE")
    needs = ForeignKeyField(Item, on_delete="CASCADE", backref="needed_by")
    item_id: int
    needs_id: int

    class Meta:
        table_name = "work_need"


class Share(Model):
    """A member's share of a work package's budget."""

    id = AutoField()
    package = ForeignKeyField(Package, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    cents = BigIntegerField()
    package_id: int
    organisation_id: int

    class Meta:
        table_name = "work_share"
