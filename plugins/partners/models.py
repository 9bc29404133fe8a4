"""Tables of the partners plugin."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.organisations.models import ImportBatch, Organisation


class Profile(Model):
    """What an organisation says of itself as a partner.

    `languages` lists pairs of tag and level (A1 to C2, native or empty); `months` are 1 to 12;
    `services` list kind, fee_cents (or none), per, includes and note;
    `summaries` are texts by language, `original` names the one that was written first.
    """

    organisation = ForeignKeyField(Organisation, primary_key=True, on_delete="CASCADE")
    roles = JsonField(default=list)
    fields = JsonField(default=list)
    occupations = JsonField(default=list)
    languages = JsonField(default=list)
    modes = JsonField(default=list)
    targets = JsonField(default=list)
    inclusion = JsonField(default=list)
    accommodation = JsonField(default=list)
    services = JsonField(default=list)
    months = JsonField(default=list)
    group_min = IntegerField(null=True)
    group_max = IntegerField(null=True)
    places_a_year = IntegerField(null=True)
    stay_min_weeks = IntegerField(null=True)
    stay_max_weeks = IntegerField(null=True)
    minimum_age = IntegerField(null=True)
    accompanying_max = IntegerField(null=True)
    accompanying_free = IntegerField(null=True)
    summaries = JsonField(default=dict)
    original = TextField(default="")
    batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")
    updated_at = UtcDateTime()
    version = IntegerField(default=1)

    class Meta:
        table_name = "partners_profile"


class Commitment(Model):
    """A quality standard that an organisation promised to keep, and since when."""

    id = AutoField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    standard = TextField()
    subscribed_on = TextField()

    class Meta:
        table_name = "partners_commitment"


class Miss(Model):
    """A search that found nothing, and how often."""

    text = BinaryText(primary_key=True)
    count = IntegerField()
    last_at = UtcDateTime()

    class Meta:
        table_name = "partners_miss"


class Publication(Model):
    """How far an organisation's profile is on its way to the public; none at all means published.

    `public_id` is the organisation's. `agreed_at` is when its people agreed to keep what they
    promise and to be rated.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, unique=True, on_delete="CASCADE")
    state = TextField(default="draft")
    version = IntegerField(default=1)
    agreed_at = UtcDateTime(null=True)
    created_at = UtcDateTime()

    class Meta:
        table_name = "partners_publication"


class Change(Model):
    """The working copy of an organisation's quality promises while the public ones stay up.

    At most one of an organisation is in `draft` or `pending`; the database sees to it.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    promises = JsonField(default=list)
    state = TextField(default="draft")
    version = IntegerField(default=1)
    agreed_at = UtcDateTime(null=True)
    created_at = UtcDateTime()

    class Meta:
        table_name = "partners_change"
