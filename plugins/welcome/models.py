"""What a person came for."""

from __future__ import annotations

from peewee import ForeignKeyField, TextField

from portal.db import Model, UtcDateTime
from portal.people.models import Account


class Choice(Model):
    """What a person came for; there since the first sign-in, `aim` is empty until they said it."""

    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    aim = TextField(default="")
    begun_at = UtcDateTime()
    dismissed_at = UtcDateTime(null=True)

    class Meta:
        table_name = "welcome_choice"
