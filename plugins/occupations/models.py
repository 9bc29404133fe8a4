"""Tables of the occupations plugin."""

from __future__ import annotations

from peewee import AutoField, BooleanField, ForeignKeyField, TextField

from portal.db import BinaryText, JsonField, Model


class Concept(Model):
    """An occupation (ESCO), with the fields of education that usually lead to it.

    `uuid` is its whole identifier in ESCO, empty for everyday words of a field of education.
    """

    id = TextField(primary_key=True)
    isco_group = TextField()
    uuid = TextField(default="")
    fields = JsonField(default=list)

    class Meta:
        table_name = "occupations_concept"


class ConceptLabel(Model):
    """One of an occupation's names in one language."""

    id = AutoField()
    concept = ForeignKeyField(Concept, on_delete="CASCADE")
    lang = TextField()
    label = TextField()
    folded = BinaryText()
    preferred = BooleanField()

    class Meta:
        table_name = "occupations_concept_label"
