"""Notices, choices, calendars and bounces."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.people.models import Account


class Notice(Model):
    """What a person was told. `title` and `body` are words as `rules.stored` keeps them.

    `due_at` is when the daily mail takes it along, `mailed_at` when a mail about it was written.
    """

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    kind = BinaryText()
    subject = BinaryText(default="")
    title = JsonField()
    body = JsonField()
    url = TextField(default="")
    created_at = UtcDateTime()
    read_at = UtcDateTime(null=True)
    due_at = UtcDateTime(null=True)
    mailed_at = UtcDateTime(null=True)

    class Meta:
        table_name = "notices_notice"


class Choice(Model):
    """How a person wants to be told of a kind, where that is not its default."""

    account = ForeignKeyField(Account, on_delete="CASCADE")
    kind = BinaryText()
    how = TextField()

    class Meta:
        table_name = "notices_choice"
        primary_key = CompositeKey("account", "kind")


class Calendar(Model):
    """Somebody's secret calendar address, which follows from `nonce` and the portal's key."""

    account = ForeignKeyField(Account, on_delete="CASCADE", primary_key=True)
    nonce = TextField()
    made_at = UtcDateTime()

    class Meta:
        table_name = "notices_calendar"


class Bounce(Model):
    """An address from which mails came back; since `stopped_at` nothing is sent to it.

    `temporary` counts the mails that came back for the time being, `last_mail` is the last one.
    """

    id = AutoField()
    address = BinaryText(unique=True)
    first_at = UtcDateTime()
    last_at = UtcDateTime()
    last_mail = IntegerField()
    temporary = IntegerField()
    stopped_at = UtcDateTime(null=True)
    status = TextField()
    said = TextField()

    class Meta:
        table_name = "notices_bounce"
