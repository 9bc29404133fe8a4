"""Second steps, what waits for a browser, devices, ways in from outside."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, ForeignKeyField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.people.models import Account, Session

APP, PASSKEY = "app", "passkey"


class Factor(Model):
    """What somebody has for a second step: an app that shows codes, or a passkey.

    `secret` is an app's secret, encrypted, or a passkey's public key. `counter` is the last time step
    whose code was used, or the passkey's own count.
    """

    id = AutoField()
    public_id = BinaryText(unique=True)
    account_id: int
    account = ForeignKeyField(Account, on_delete="CASCADE")
    kind = TextField()
    name = TextField()
    secret = TextField()
    credential = BinaryText(null=True, unique=True)
    counter = BigIntegerField(default=0)
    created_at = UtcDateTime()
    used_at = UtcDateTime(null=True)

    class Meta:
        table_name = "signin_factor"


class BackupCode(Model):
    """A code for the day when everything else is lost; works once."""

    id = AutoField()
    account_id: int
    account = ForeignKeyField(Account, on_delete="CASCADE")
    code_hash = TextField()
    used_at = UtcDateTime(null=True)

    class Meta:
        table_name = "signin_backup_code"


class Step(Model):
    """Something begun that waits for the browser that began it, and works once."""

    token_hash = BinaryText(primary_key=True)
    account_id: int
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    purpose = TextField()
    data = JsonField()
    expires_at = UtcDateTime()

    class Meta:
        table_name = "signin_step"


class Device(Model):
    """A browser from which somebody signed in; known by a cookie of which only the hash is kept."""

    id = AutoField()
    account_id: int
    account = ForeignKeyField(Account, on_delete="CASCADE")
    cookie_hash = BinaryText()
    name = TextField()
    first_seen_at = UtcDateTime()
    last_seen_at = UtcDateTime()

    class Meta:
        table_name = "signin_device"


class Proof(Model):
    """When the person behind a session last proved who they are, and on which device."""

    session = ForeignKeyField(
        Session, column_name="session_hash", primary_key=True, on_delete="CASCADE"
    )
    device = ForeignKeyField(Device, null=True, on_delete="SET NULL")
    proved_at = UtcDateTime()

    class Meta:
        table_name = "signin_proof"


class Duty(Model):
    """Since when somebody needs a second step and may still do without."""

    account_id: int
    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    since = UtcDateTime()

    class Meta:
        table_name = "signin_duty"


class Recovery(Model):
    """A request to take lost second steps away. `outcome` is empty while it is open."""

    id = AutoField()
    public_id = BinaryText(unique=True)
    account_id: int
    account = ForeignKeyField(Account, on_delete="CASCADE")
    asked_at = UtcDateTime()
    reminded_at = UtcDateTime(null=True)
    outcome = TextField(default="")
    closed_at = UtcDateTime(null=True)
    decided_by = ForeignKeyField(Account, null=True, column_name="decided_by", on_delete="SET NULL")

    class Meta:
        table_name = "signin_recovery"


class Identity(Model):
    """An account elsewhere that signs in here: issuer and subject, never a mail address."""

    id = AutoField()
    public_id = BinaryText(unique=True)
    account_id: int
    account = ForeignKeyField(Account, on_delete="CASCADE")
    issuer = TextField()
    subject = TextField()
    name = TextField(default="")
    linked_at = UtcDateTime()
    used_at = UtcDateTime(null=True)

    class Meta:
        table_name = "signin_identity"
