"""Invitations, signatories and requests to join."""

from __future__ import annotations

from peewee import AutoField, BooleanField, ForeignKeyField, IntegerField, TextField

from portal.db import Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

COLLEAGUE, SIGNATORY, HANDOVER = "colleague", "signatory", "handover"
SENT, HELD, ACCEPTED = "sent", "held", "accepted"
DECLINED, WITHDRAWN, REFUSED, EXPIRED = "declined", "withdrawn", "refused", "expired"
OPEN = (SENT, HELD)
WAITING, OVER = "waiting", "over"
LEAVE = "leave"


class Invitation(Model):
    """Somebody is asked to act for an organisation, to sign for it or to take it over.

    It goes to an address or, for a person who acts for it already, to an account (`receiver`). `mark`
    is in the link and changes with each sending. While *held*, an administrator has to confirm
    whoever opened it; `own_name` and `own_function` are what a signatory wrote. `afterwards` is
    what the one who hands over will be, and `by_site` says that an administrator of the site did.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    kind = TextField()
    role = TextField()
    email = TextField(default="")
    receiver = ForeignKeyField(Account, null=True, on_delete="CASCADE", backref="+")
    name = TextField(default="")
    function = TextField(default="")
    own_name = TextField(default="")
    own_function = TextField(default="")
    purpose = TextField(default="")
    afterwards = TextField(default="")
    by_site = BooleanField(default=False)
    mark = TextField()
    state = TextField(default=SENT)
    invited_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    opened_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    created_at = UtcDateTime()
    sent_at = UtcDateTime()
    opens_at = UtcDateTime()
    expires_at = UtcDateTime()
    ended_at = UtcDateTime(null=True)
    organisation_id: int
    receiver_id: int | None
    invited_by_id: int | None
    opened_by_id: int | None

    class Meta:
        table_name = "members_invitation"


class Signer(Model):
    """A person who may sign for an organisation, with or without an account."""

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    name = TextField()
    function = TextField()
    email = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    confirmed_at = UtcDateTime()
    ended_at = UtcDateTime(null=True)
    account_id: int | None

    class Meta:
        table_name = "members_signatory"


class JoinRequest(Model):
    """A person asks to act for an organisation; its administrators decide until `due_at`."""

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, on_delete="CASCADE", backref="+")
    message = TextField()
    state = TextField(default=WAITING)
    answer = TextField(default="")
    decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    created_at = UtcDateTime()
    due_at = UtcDateTime()
    reminders = IntegerField(default=0)
    ended_at = UtcDateTime(null=True)
    account_id: int

    class Meta:
        table_name = "members_request"
