"""Tables of past cooperation, the documents of stays, references and what is written about them."""

from __future__ import annotations

from datetime import date
from typing import Any

from peewee import AutoField, BlobField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

PROPOSED, CONFIRMED, DECLINED = "proposed", "confirmed", "declined"
WITHDRAWN, STRUCK = "withdrawn", "struck"
STANDING = (PROPOSED, CONFIRMED)
"""States of which there is one for each pair of organisations."""

WAITING, SEEN, REFUSED, SHOWN = "waiting", "seen", "refused", "shown"
KINDS = ("agreement", "certificate", "transcript", "grant", "other")
"""What kind of document shows that a stay happened."""

REFERENCE, REPLY = "reference", "reply"


class Record(Model):
    """That two organisations worked together before the later of them came here.

    `proposer` is the one that proposed it last, `partner` the one that answers; `sender` is which of
    the two sent participants. Both months are written as 2025-09. `placement` is the number that the
    mobilities have for the stay, once a reviewer has seen a document of it.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    proposer = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    partner = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    sender = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    project = TextField()
    first_month = BinaryText()
    last_month = BinaryText()
    participants = IntegerField()
    state = TextField(default=PROPOSED)
    version = IntegerField(default=1)
    proposals = IntegerField(default=1)
    proposed_at = UtcDateTime()
    reminded_at = UtcDateTime(null=True)
    placement = IntegerField(null=True)
    proposer_id: int
    partner_id: int
    sender_id: int
    account_id: int | None

    class Meta:
        table_name = "cooperation_record"

    @property
    def host(self) -> Organisation:
        """The one of the two that took participants in."""
        both = (self.proposer, self.partner)
        return both[0] if self.sender_id == self.partner_id else both[1]

    @property
    def is_fictional(self) -> bool:
        """Whether it is made up for demonstration, as both organisations are then."""
        return bool(self.proposer.is_fictional)

    def other(self, organisation_id: int) -> Organisation:
        """Return the one of the two that this organisation worked with."""
        return self.partner if organisation_id == self.proposer_id else self.proposer


class Document(Model):
    """A dated document of a stay, for a reviewer to see; `content` is sealed, and goes after a while."""

    id = AutoField()
    public_id = TextField(unique=True)
    record = ForeignKeyField(Record, on_delete="CASCADE", backref="documents")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    kind = TextField()
    dated_on = BinaryText()
    content: Any = BlobField(null=True)
    content_type = TextField()
    fingerprint = TextField()
    state = TextField(default=WAITING)
    version = IntegerField(default=1)
    created_at = UtcDateTime()
    decided_at = UtcDateTime(null=True)
    record_id: int
    organisation_id: int

    class Meta:
        table_name = "cooperation_document"

    @property
    def dated(self) -> date:
        """The day that stands in it."""
        return date.fromisoformat(self.dated_on)


class Reference(Model):
    """That an organisation asked for a reference: another one here, or somebody by a mailed link.

    `domain` is that of the address, all that is kept of it here; empty where many share it.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    giver = ForeignKeyField(Organisation, null=True, on_delete="CASCADE", backref="+")
    domain = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    asked_at = UtcDateTime()
    reminded_at = UtcDateTime(null=True)
    closed_at = UtcDateTime(null=True)
    organisation_id: int
    giver_id: int | None

    class Meta:
        table_name = "cooperation_reference"


class Text(Model):
    """The words of a reference, or the reply to it; a reviewer reads them before others do.

    `organisation` is whose words they are, empty for what came by a mailed link. `worked` says when
    the two worked together, in the author's words.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    reference = ForeignKeyField(Reference, on_delete="CASCADE", backref="texts")
    kind = TextField()
    organisation = ForeignKeyField(Organisation, null=True, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    worked = TextField(default="")
    text = TextField()
    lang = TextField()
    state = TextField(default=WAITING)
    version = IntegerField(default=1)
    written_at = UtcDateTime()
    reference_id: int
    organisation_id: int | None

    class Meta:
        table_name = "cooperation_text"
