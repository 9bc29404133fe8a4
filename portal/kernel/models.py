"""What the database remembers of plugins."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from portal.db import JsonField, Model, UtcDateTime


class Plugin(Model):
    """The state that an administrator chose; `schema` is the highest step that ran.

    `addresses` are the rules of its pages when it was last switched on, so that they can be
    answered while its code is broken or gone.
    """

    id = TextField(primary_key=True)
    state = TextField()
    version = TextField(default="")
    schema = IntegerField(default=0)
    reason = TextField(default="")
    changed_at = UtcDateTime()
    addresses = JsonField(default=list)

    class Meta:
        table_name = "plugin"


class PluginFailure(Model):
    """A hook that raised; kept as long as it counts towards a suspension."""

    id = AutoField()
    plugin = TextField()
    hook = TextField()
    at = UtcDateTime()

    class Meta:
        table_name = "plugin_failure"
