"""Tables of documents. `consortium_id` is the number of a consortium."""

from __future__ import annotations

from typing import Any

from peewee import AutoField, BlobField, ForeignKeyField, IntegerField, TextField

from portal.db import Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account


class Document(Model):
    """A document as it is now: `number` is its newest version, `organisation` put it there.

    Once removed it is kept for a while, so that it can be brought back.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    consortium_id = IntegerField()
    organisation = ForeignKeyField(Organisation, null=True, on_delete="SET NULL", backref="+")
    title = TextField()
    audience = TextField()
    number = IntegerField(default=1)
    removed_at = UtcDateTime(null=True)
    organisation_id: int | None

    class Meta:
        table_name = "documents_document"


class File(Model):
    """Bytes of a consortium, kept once whatever versions are made of them.

    `kept_at` is the last time that somebody handed them in.
    """

    id = AutoField()
    consortium_id = IntegerField()
    digest = TextField()
    size = IntegerField()
    content: Any = BlobField()
    kept_at = UtcDateTime()

    class Meta:
        table_name = "documents_file"


class Version(Model):
    """What a document was from a moment on; the database refuses to change what it says.

    `restored` is the number of the version that was brought back, if one was.
    """

    id = AutoField()
    document = ForeignKeyField(Document, on_delete="CASCADE", backref="+")
    number = IntegerField()
    title = TextField()
    audience = TextField()
    file = ForeignKeyField(File, backref="+")
    file_name = TextField()
    kind = TextField()
    size = IntegerField()
    note = TextField(default="")
    restored = IntegerField(null=True)
    organisation = ForeignKeyField(Organisation, null=True, on_delete="SET NULL", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    created_at = UtcDateTime()
    document_id: int
    file_id: int
    organisation_id: int | None
    account_id: int | None

    class Meta:
        table_name = "documents_version"
