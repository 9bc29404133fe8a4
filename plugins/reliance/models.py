"""Tables of the reliance plugin."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal.db import Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account


class Promise(Model):
    """What an organisation promised to recognise, by when, and when it did.

    `agreement` is the public id of the agreement that says so, `title` what it was called.
    """

    organisation_id: int
    id = AutoField()
    public_id = TextField(unique=True)
    agreement_id = IntegerField()
    agreement = TextField()
    title = TextField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    what = TextField()
    due_on = TextField()
    delivered_on = TextField(default="")
    proof = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    reminded_at = UtcDateTime(null=True)
    created_at = UtcDateTime()

    class Meta:
        table_name = "reliance_promise"


class Ground(Model):
    """Why `partner` may rely on `organisation` in one of four ways; the partner may verify it."""

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    partner = ForeignKeyField(Organisation, on_delete="CASCADE", backref="relies_on")
    reliance = TextField()
    text = TextField()
    proof = TextField(default="")
    happened_on = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()
    verified_at = UtcDateTime(null=True)
    verified_by = ForeignKeyField(
        Account, null=True, on_delete="SET NULL", column_name="verified_by", backref="verified"
    )

    class Meta:
        table_name = "reliance_ground"


class Step(Model):
    """A step of the plan that a pair of organisations shares; `owner` is the one who does it."""

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    partner = ForeignKeyField(Organisation, on_delete="CASCADE", backref="shared_steps")
    owner = ForeignKeyField(Organisation, on_delete="CASCADE", backref="owned_steps")
    text = TextField()
    due_on = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()
    done_at = UtcDateTime(null=True)

    class Meta:
        table_name = "reliance_step"
