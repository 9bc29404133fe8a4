"""What names look like, so that those who look alike are found."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, TextField

from portal.db import BinaryText, Model
from portal.organisations.models import Organisation


class KnownName(Model):
    """A name of an organisation as it is compared: folded to words, and what it looks like."""

    id = AutoField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    name = TextField()
    folded = BinaryText()
    form = BinaryText()

    class Meta:
        table_name = "directory_form"
