"""The table of occasions."""

from __future__ import annotations

from peewee import IntegerField, TextField

from portal.db import Model, UtcDateTime

MOBILITY, CONSORTIUM = "mobility", "consortium"


class Occasion(Model):
    """That an agreement is made for a mobility or consortium; `number` is that one's."""

    agreement_id = IntegerField(primary_key=True)
    kind = TextField()
    number = IntegerField()
    created_at = UtcDateTime()

    class Meta:
        table_name = "occasions_occasion"
