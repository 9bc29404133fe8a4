"""The table of the closing plugin."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal.db import Model, UtcDateTime
from portal.people.models import Account


class Closing(Model):
    """What a lead noted on the closing of a consortium; days are ISO dates or empty.

    `account` noted something last. `forgotten_at` is when persons were taken out of the records.
    """

    id = AutoField()
    consortium_id = IntegerField(unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    report = TextField(default="")
    reported_on = TextField(default="")
    keep_until = TextField(default="")
    archived_at = UtcDateTime(null=True)
    forgotten_at = UtcDateTime(null=True)

    class Meta:
        table_name = "closing_closing"
