"""The table of curves."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from portal.db import JsonField, Model

WORKING, DONE, STOPPED = "working", "done", "stopped"


class Curve(Model):
    """More points of what a try of an allocation costs, by the loss of breadth in per cent."""

    id = AutoField()
    series_id = IntegerField()
    try_id = TextField(unique=True)
    state = TextField(default=WORKING)
    points = JsonField(default=dict)
    job_id = IntegerField(null=True)

    class Meta:
        table_name = "roundtable_rules_curve"
