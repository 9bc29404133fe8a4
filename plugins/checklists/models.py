"""Tables of the checklists plugin."""

from __future__ import annotations

from typing import Any

from peewee import AutoField, BlobField, ForeignKeyField, IntegerField, TextField

from portal.db import JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account


class OwnList(Model):
    """A version of an organisation's list of steps; `changes` is what `rules.resolve` takes."""

    id = AutoField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    number = IntegerField()
    changes = JsonField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    created_at = UtcDateTime()
    organisation_id: int

    class Meta:
        table_name = "checklists_list"


class Proof(Model):
    """A file beside a step of a mobility (its number), attached by one of the sides."""

    id = AutoField()
    public_id = TextField(unique=True)
    mobility_id = IntegerField()
    step = TextField()
    side = TextField()
    file_name = TextField()
    kind = TextField()
    size = IntegerField()
    content: Any = BlobField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    created_at = UtcDateTime()

    class Meta:
        table_name = "checklists_proof"
