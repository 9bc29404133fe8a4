"""Accounts, their sessions and one-time tokens."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, Model, UtcDateTime


class Account(Model):
    """A person who signs in. `role` is Member, Reviewer or SiteAdmin."""

    id = AutoField()
    public_id = TextField(unique=True)
    email = BinaryText(unique=True)
    name = TextField()
    password_hash = TextField()
    role = TextField(default="Member")
    locale = TextField(default="")
    scheme = TextField(default="")
    verified_at = UtcDateTime(null=True)
    disabled_at = UtcDateTime(null=True)
    created_at = UtcDateTime()


class Session(Model):
    """A sign-in on one device; only the hash of its token is kept."""

    token_hash = TextField(primary_key=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    created_at = UtcDateTime()
    seen_at = UtcDateTime()
    expires_at = UtcDateTime()
    agent = TextField(default="")


class AccountToken(Model):
    """A link sent by mail: `verify` or `reset`. Only its hash is kept, and it works once."""

    token_hash = TextField(primary_key=True)
    purpose = TextField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    expires_at = UtcDateTime()


class Throttle(Model):
    """How often something was tried in a window; keys are kept as hashes."""

    bucket = TextField()
    key_hash = TextField()
    window_start = IntegerField()
    count = IntegerField()

    class Meta:
        primary_key = False
