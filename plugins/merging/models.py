"""Merges, what each of them changed, and entries that stay two."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, ForeignKeyField, TextField

from portal.db import JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

MOVED, CHANGED, DROPPED, MADE = "moved", "changed", "dropped", "made"


class Merge(Model):
    """Two entries that became one. `gone` stays as a hidden row, to which old references lead."""

    id = AutoField()
    public_id = TextField(unique=True)
    kept = ForeignKeyField(Organisation, on_delete="CASCADE", backref="merges_kept")
    gone = ForeignKeyField(Organisation, on_delete="CASCADE", backref="merges_gone")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="merges")
    merged_at = UtcDateTime()
    undone_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="undone_merges")
    undone_at = UtcDateTime(null=True)

    class Meta:
        table_name = "merging_merge"


class Change(Model):
    """A row that a merge moved, changed, dropped or made, in the order in which it did.

    `place` is the table, `keys` the row's primary key, `field` the column; of a dropped one
    `before` is the whole row. `account` is the person of whom a dropped row speaks.
    """

    id = AutoField()
    merge = ForeignKeyField(Merge, on_delete="CASCADE", backref="changes")
    kind = TextField()
    place = TextField()
    keys = JsonField()
    field = TextField(default="")
    before = JsonField(null=True)
    after = JsonField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")

    class Meta:
        table_name = "merging_change"


class Apart(Model):
    """Two entries, the older one first, that somebody found to be two organisations."""

    first = ForeignKeyField(Organisation, on_delete="CASCADE", backref="apart_first")
    second = ForeignKeyField(Organisation, on_delete="CASCADE", backref="apart_second")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    decided_at = UtcDateTime()

    class Meta:
        table_name = "merging_apart"
        primary_key = CompositeKey("first", "second")
