"""Tables of what happens at and after a round table.

`table_id` and `interest_id` are numbers of the round tables' own rows.
"""

from __future__ import annotations

from peewee import AutoField, BooleanField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime


class Outcome(Model):
    """What a table found. `findings` are texts by part, `actions` rows of what, who and due.

    `related` names consortia and agreements as "type public_id".
    """

    table_id = IntegerField(primary_key=True)
    findings = JsonField(default=dict)
    actions = JsonField(default=list)
    related = JsonField(default=list)
    comments_until = UtcDateTime(null=True)
    published_at = UtcDateTime(null=True)
    version = IntegerField(default=0)

    class Meta:
        table_name = "attendance_outcome"


class Group(Model):
    """In which group somebody talks in a round; rounds and groups count from 1."""

    id = AutoField()
    table_id = IntegerField()
    round = IntegerField()
    number = IntegerField()
    interest_id = IntegerField()

    class Meta:
        table_name = "attendance_group"


NOTHING, EMPLOYER, NAME = "nothing", "organisation", "name"


class Consent(Model):
    """What the outcomes may say of somebody: nothing, the organisation, or the name too."""

    id = AutoField()
    table_id = IntegerField()
    interest_id = IntegerField()
    shows = TextField(default=NOTHING)
    said_at = UtcDateTime()

    class Meta:
        table_name = "attendance_consent"


WAITING, SHOWN, HIDDEN = "waiting", "shown", "hidden"


class Comment(Model):
    """What somebody who was there adds to the outcomes; the host shows it, or not."""

    id = AutoField()
    public_id = TextField(unique=True)
    table_id = IntegerField()
    interest_id = IntegerField()
    text = TextField()
    lang = TextField(default="")
    state = TextField(default=WAITING)
    is_named = BooleanField(default=False)
    written_at = UtcDateTime()

    class Meta:
        table_name = "attendance_comment"


class Letter(Model):
    """That somebody was written to after a table, or does not want that."""

    seat_id = IntegerField(primary_key=True)
    interest_id = IntegerField()
    is_wanted = BooleanField()
    noted_at = UtcDateTime()

    class Meta:
        table_name = "attendance_letter"


class Owner(Model):
    """Who is reminded of an action: somebody who was there, the people of the host where none is named.

    `action` is the `id` of a row in the outcome's actions; `before_at` and `after_at` say when the
    reminders before and after its day were sent.
    """

    id = AutoField()
    table_id = IntegerField()
    action = TextField()
    interest_id = IntegerField(null=True)
    since = UtcDateTime()
    before_at = UtcDateTime(null=True)
    after_at = UtcDateTime(null=True)

    class Meta:
        table_name = "attendance_owner"


class Spent(Model):
    """That one more person answered the survey of a table; not who, not when, not what."""

    digest = BinaryText(primary_key=True)
    table_id = IntegerField()

    class Meta:
        table_name = "attendance_spent"


class Tally(Model):
    """How often an answer was given."""

    id = AutoField()
    table_id = IntegerField()
    question = BinaryText()
    value = BinaryText()
    count = IntegerField(default=0)

    class Meta:
        table_name = "attendance_tally"


class Certificate(Model):
    """That somebody was there: hashes of the code on the paper, and of the name with that code."""

    id = AutoField()
    code_digest = BinaryText(unique=True)
    name_digest = TextField()
    table_id = IntegerField()
    issued_at = UtcDateTime()
    revoked_at = UtcDateTime(null=True)
    reason = TextField(default="")

    class Meta:
        table_name = "attendance_certificate"
