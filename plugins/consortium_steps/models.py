"""The table of the lists of consortia."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, IntegerField

from portal.db import JsonField, Model, UtcDateTime
from portal.people.models import Account


class SharedList(Model):
    """A version of a consortium's list of steps; `changes` is what `checklists` resolves."""

    id = AutoField()
    consortium_id = IntegerField()
    number = IntegerField()
    changes = JsonField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    created_at = UtcDateTime()

    class Meta:
        table_name = "consortium_steps_list"
