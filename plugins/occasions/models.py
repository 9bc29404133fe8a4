"""The tables of occasions and of wordings that consortia keep."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from portal.db import JsonField, Model, UtcDateTime

MOBILITY, CONSORTIUM = "mobility", "consortium"


class Occasion(Model):
    """That an agreement is made for a mobility or consortium; `number` is that one's."""

    agreement_id = IntegerField(primary_key=True)
    kind = TextField()
    number = IntegerField()
    created_at = UtcDateTime()

    class Meta:
        table_name = "occasions_occasion"


class Wording(Model):
    """Texts of clauses, by clause and language, that a consortium keeps for its members.

    `number` is the consortium's, `title` that of the agreement they come from.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    number = IntegerField()
    kind = TextField()
    title = TextField()
    languages = JsonField()
    texts = JsonField()
    created_at = UtcDateTime()

    class Meta:
        table_name = "occasions_wording"
