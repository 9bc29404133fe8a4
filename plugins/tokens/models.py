"""The table of tokens."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, TextField

from portal.db import BinaryText, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account


class Token(Model):
    """What lets a program act for a person: for `organisation` alone, or for all of theirs.

    `public_id` finds it, of the secret only the hash is kept. It is good until `expires_at`; a token
    that was revoked ended then, and has `revoked_at` too.
    """

    id = AutoField()
    public_id = BinaryText(unique=True)
    token_hash = BinaryText()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, null=True, on_delete="CASCADE")
    name = TextField()
    scopes = TextField()
    created_at = UtcDateTime()
    used_at = UtcDateTime(null=True)
    expires_at = UtcDateTime()
    revoked_at = UtcDateTime(null=True)

    class Meta:
        table_name = "tokens_token"
