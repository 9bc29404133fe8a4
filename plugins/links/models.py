"""The table of links."""

from __future__ import annotations

from datetime import datetime

from peewee import AutoField, BigIntegerField, TextField

from portal.db import BinaryText, Model, UtcDateTime


class Link(Model):
    """Lets whoever has the mail act in a `role` on an object of the plugin that sent it.

    Of the secret in the address only the `digest` is kept; `digest_before` is that of the mail before
    the last one, so that whoever opens it is told. It is good until `expires_at`, `used_at` for what
    can be done once, `closed_at` when nobody wants it any more.
    """

    id = AutoField()
    public_id = BinaryText(unique=True)
    purpose = BinaryText()
    object_id = BigIntegerField()
    role = BinaryText(default="")
    email = TextField()
    name = TextField(default="")
    language = TextField(default="en")
    digest = BinaryText(unique=True)
    digest_before = BinaryText(default="")
    sent_at = UtcDateTime()
    expires_at = UtcDateTime()
    used_at = UtcDateTime(null=True)
    closed_at = UtcDateTime(null=True)

    class Meta:
        table_name = "links_link"

    def is_good(self, now: datetime) -> bool:
        """Whether the link does what it was sent for."""
        return self.used_at is None and self.closed_at is None and self.expires_at > now
