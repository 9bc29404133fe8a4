"""The table of personal values behind commitments."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from portal.db import BinaryText, Model, UtcDateTime


class Value(Model):
    """What a commitment in a text stands for; gone once nobody needs it, while the text stays.

    The text belongs to an object (`subject_type`, `subject_id`); clause and name are the place in it.
    `email` is that of the person it is about, where known. The time it is kept begins at `ended_at`.
    """

    id = AutoField()
    subject_type = BinaryText()
    subject_id = IntegerField()
    clause = BinaryText()
    name = BinaryText()
    value = TextField()
    salt = TextField()
    email = TextField(default="")
    made_at = UtcDateTime()
    ended_at = UtcDateTime(null=True)

    class Meta:
        table_name = "evidence_value"
