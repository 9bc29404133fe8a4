"""The table of drafts."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, TextField

from portal.db import JsonField, Model, UtcDateTime
from portal.people.models import Account


class Draft(Model):
    """Fields of a form as pairs of name and value, of an account or of whoever holds a cookie."""

    id = AutoField()
    public_id = TextField(unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    holder_hash = TextField(default="")
    key = TextField()
    path = TextField()
    fields = JsonField()
    saved_at = UtcDateTime()
    expires_at = UtcDateTime()
    discarded_at = UtcDateTime(null=True)

    class Meta:
        table_name = "drafts_draft"
