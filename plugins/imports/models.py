"""What the wizard keeps: uploaded files, what became of each row, what imports changed."""

from __future__ import annotations

from peewee import AutoField, BlobField, ForeignKeyField, IntegerField, TextField

from portal.db import JsonField, Model, UtcDateTime
from portal.organisations.models import ImportBatch, Organisation
from portal.people.models import Account

NEW = "new"
CHECKING = "checking"
CHECKED = "checked"
IMPORTING = "importing"
STOPPED = "stopped"
DONE = "done"
AT_WORK = (CHECKING, IMPORTING)


class Content(Model):
    """The bytes of a file, kept once under their SHA-256 until the moment `kept_until`."""

    checksum = TextField(primary_key=True)
    data = BlobField()
    kept_until = UtcDateTime()

    class Meta:
        table_name = "imports_content"


class Upload(Model):
    """A file on its way into the portal.

    `choices` are what was chosen about it: sheet, header, columns, fill, source. `counts` say how
    many rows became what; `done_line` is the last line that the import has worked off. `headings`
    is a mark of its columns, by which the choices of earlier files are remembered.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    file_name = TextField()
    checksum = TextField()
    size = IntegerField()
    headings = TextField(default="")
    choices = JsonField(default=dict)
    state = TextField(default=NEW)
    locale = TextField(default="en")
    job_id = IntegerField(null=True)
    counts = JsonField(default=dict)
    done_line = IntegerField(default=0)
    message = TextField(default="")
    batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()
    finished_at = UtcDateTime(null=True)
    batch_id: int | None

    class Meta:
        table_name = "imports_upload"


class Part(Model):
    """What became of up to 500 rows: `outcomes` are lists as `outcomes.Outcome` writes them.

    `kinds` names what is found in it, for pages that show one kind.
    """

    id = AutoField()
    upload = ForeignKeyField(Upload, on_delete="CASCADE")
    line = IntegerField()
    outcomes = JsonField()

    class Meta:
        table_name = "imports_part"


class Change(Model):
    """What a batch changed of an entry that was there: `values`, `facts` before and after.

    `steps` counts how often imports moved the entry's version on by it: done, and undone.
    """

    id = AutoField()
    batch = ForeignKeyField(ImportBatch, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    before = JsonField()
    after = JsonField()
    facts = JsonField()
    steps = IntegerField(default=0)
    organisation_id: int

    class Meta:
        table_name = "imports_change"
