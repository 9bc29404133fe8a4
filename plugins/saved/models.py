"""Tables of saved searches and shortlists."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, BlobField, ForeignKeyField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account


class SavedSearch(Model):
    """A search that a person keeps: a `state` of the page that searches documents of a kind.

    `known` packs the objects that it found before or was told of, `waiting` those found and not told
    yet; `hits` are the newest found since it is kept: object id and moment. Looks have seen the
    catalogue's log up to `Look.seq`, those that no look has seen yet up to `since_seq`.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    kind = BinaryText()
    state = BinaryText()
    name = TextField()
    rhythm = TextField()
    created_at = UtcDateTime()
    paused_at = UtcDateTime(null=True)
    removed_at = UtcDateTime(null=True)
    since_seq = BigIntegerField(null=True)
    known = BlobField()
    waiting = BlobField(default=b"")
    due_at = UtcDateTime(null=True)
    hits = JsonField(default=list)
    nonce = TextField(default="")

    class Meta:
        table_name = "saved_search"


class Look(Model):
    """Up to which number of the catalogue's log searches of a kind have been looked through."""

    kind = BinaryText(primary_key=True)
    seq = BigIntegerField()

    class Meta:
        table_name = "saved_look"


class Entry(Model):
    """A partner on an organisation's shortlist."""

    id = AutoField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="shortlist")
    partner = ForeignKeyField(Organisation, on_delete="CASCADE", backref="shortlisted")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    added_at = UtcDateTime()
    removed_at = UtcDateTime(null=True)

    class Meta:
        table_name = "saved_entry"


class Note(Model):
    """What somebody of the organisation notes about a partner on its shortlist."""

    id = AutoField()
    public_id = TextField(unique=True)
    entry = ForeignKeyField(Entry, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    text = TextField()
    written_at = UtcDateTime()
    removed_at = UtcDateTime(null=True)

    class Meta:
        table_name = "saved_note"
