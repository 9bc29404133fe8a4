"""Tables of invitations. `series_id` is a number of the round tables' own rows."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from portal.db import BinaryText, Model, UtcDateTime

INVITED, DECLINED, NEVER = "invited", "declined", "never"
BOUNCED, TAKEN = "bounced", "taken"


class Invitation(Model):
    """That a host invited somebody by mail, for a `reason`; `source` says where the address is from.

    `mark` stands for series and address, so that nobody is invited twice; the address itself goes
    when somebody never wants to be invited again. Who confirmed an interest is asked of the round
    tables and not stored here.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    series_id = IntegerField()
    mark = BinaryText(unique=True)
    email = TextField()
    name = TextField(default="")
    employer = TextField(default="")
    lang = TextField()
    reason = TextField()
    source = TextField()
    state = TextField(default=INVITED)
    invited_at = UtcDateTime()
    reminded_at = UtcDateTime(null=True)
    closes_at = UtcDateTime()

    class Meta:
        table_name = "roundtable_invitations_invitation"


class Never(Model):
    """That nobody may be invited at an address; which one, only its owner can show."""

    digest = BinaryText(primary_key=True)
    said_at = UtcDateTime()

    class Meta:
        table_name = "roundtable_invitations_never"
