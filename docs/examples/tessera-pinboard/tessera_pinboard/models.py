"""Notices: what hangs on the board."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, TextField

from portal.db import Model, UtcDateTime
from portal.people.models import Account

OFFER = "offer"
WANTED = "wanted"
NEWS = "news"
KINDS = (OFFER, WANTED, NEWS)


class Notice(Model):
    """A short text that hangs on the board until `expires_at`."""

    id = AutoField()
    public_id = TextField(unique=True)
    kind = TextField()
    title = TextField()
    text = TextField()
    town = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()
    expires_at = UtcDateTime()

    class Meta:
        table_name = "pinboard_notice"
