"""What the database remembers of plugins and their settings."""

from __future__ import annotations

from peewee import IntegerField, TextField

from portal.db import JsonField, Model, UtcDateTime


class Plugin(Model):
    """The state that an administrator chose; `schema` is the highest step that ran."""

    id = TextField(primary_key=True)
    state = TextField()
    version = TextField(default="")
    schema = IntegerField(default=0)
    reason = TextField(default="")
    changed_at = UtcDateTime()

    class Meta:
        table_name = "plugin"


class Setting(Model):
    """A value of the portal (scope "portal") or of a plugin (its id)."""

    scope = TextField()
    key = TextField()
    value = JsonField()

    class Meta:
        table_name = "setting"
        primary_key = False
