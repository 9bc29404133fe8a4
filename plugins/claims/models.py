"""Cases: what reviewers decide."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal.db import Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

CLAIM = "claim"
REMOVAL = "removal"
WRONG_FACT = "wrong-fact"
OPEN = "open"
ACCEPTED = "accepted"
DECLINED = "declined"
WEBSITE = "website"
PROOFS = ("letter", WEBSITE, "mail", "members")


class Case(Model):
    """Something a reviewer decides: kind is claim, removal or wrong-fact."""

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    kind = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    reply_to = TextField(default="")
    proof = TextField(default="")
    message = TextField(default="")
    state = TextField(default=OPEN)
    decision = TextField(default="")
    decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="decisions")
    created_at = UtcDateTime()
    due_at = UtcDateTime()
    decided_at = UtcDateTime(null=True)
    version = IntegerField(default=1)

    class Meta:
        table_name = "claims_case"
