"""Tables of the projects plugin."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, Model
from portal.organisations.models import ImportBatch, Organisation


class Project(Model):
    """A funded project, as a source lists it."""

    id = AutoField()
    key = BinaryText(unique=True)
    acronym = TextField(default="")
    title = TextField(default="")
    action = TextField(default="")
    call_year = IntegerField(null=True)
    source = TextField(default="")
    batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")

    class Meta:
        table_name = "projects_project"


class Participation(Model):
    """An organisation's part in a project: coordinator, partner, associated_partner, ..."""

    id = AutoField()
    project = ForeignKeyField(Project, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    role = TextField()
    batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")

    class Meta:
        table_name = "projects_participation"
