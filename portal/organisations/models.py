"""The partner and its members: the nouns all plugins share."""

from __future__ import annotations

from peewee import AutoField, BooleanField, FloatField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, Model, UtcDateTime
from portal.people.models import Account

UNCLAIMED = "unclaimed"
CLAIMED = "claimed"
VERIFIED = "verified"

TYPES = tuple(
    "vet-school training-centre adult-education university research company chamber "
    "social-partner public-body ngo intermediary other".split()
)
MEMBER_ROLES = ("OrgMember", "OrgEditor", "OrgSignatory", "OrgAdmin")


class Source(Model):
    """Where imported facts come from, with its licence."""

    key = TextField(primary_key=True)
    title = TextField()
    publisher = TextField(default="")
    licence = TextField(default="")
    url = TextField(default="")
    note = TextField(default="")


class ImportBatch(Model):
    """One import, which can be undone as a whole."""

    id = AutoField()
    public_id = TextField(unique=True)
    kind = TextField()
    file_name = TextField()
    checksum = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()
    undone_at = UtcDateTime(null=True)
    accepted = IntegerField(default=0)
    rejected = IntegerField(default=0)


class Organisation(Model):
    """A school, company or body. `name` is how it is shown, `registered_name` as registered.

    `state` is unclaimed, claimed or verified; `is_fictional` marks what was made up for
    demonstration; `hidden_at` is set when it asked to be removed.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    slug = BinaryText(unique=True)
    name = TextField()
    registered_name = TextField(default="")
    name_lang = TextField(default="")
    folded_name = BinaryText()
    type = TextField(default="other")
    country = TextField()
    region = TextField(default="")
    city = TextField(default="")
    website = TextField(default="")
    domain = BinaryText(default="")
    lat = FloatField(null=True)
    lon = FloatField(null=True)
    state = TextField(default=UNCLAIMED)
    is_fictional = BooleanField(default=False)
    is_operator = BooleanField(default=False)
    hidden_at = UtcDateTime(null=True)
    created_at = UtcDateTime()
    updated_at = UtcDateTime()
    version = IntegerField(default=1)
    batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")


class OrganisationName(Model):
    """Another name: `kind` is alias, acronym, former or translation; `lang` a BCP 47 tag or empty."""

    id = AutoField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="names")
    kind = TextField()
    lang = TextField(default="")
    name = TextField()


class OrganisationIdentifier(Model):
    """A number given by a register: scheme (oid, pic, ror, lei, national, ...) and value."""

    id = AutoField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="identifiers")
    scheme = TextField()
    value = TextField()


class OrganisationFact(Model):
    """A public fact with the source that says so. `name` is a key such as `city` or `project`."""

    id = AutoField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="facts")
    name = TextField()
    value = TextField()
    source = ForeignKeyField(Source, on_delete="CASCADE")
    batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")
    noted_at = UtcDateTime()


class OrganisationFormerSlug(Model):
    """An address the organisation once had; it redirects."""

    slug = BinaryText(primary_key=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")


class OrganisationMember(Model):
    """Someone who acts for an organisation."""

    id = AutoField()
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="members")
    account = ForeignKeyField(Account, on_delete="CASCADE", backref="memberships")
    role = TextField()
    joined_at = UtcDateTime()
