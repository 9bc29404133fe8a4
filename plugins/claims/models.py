"""Cases: what reviewers decide."""

from __future__ import annotations

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal.db import Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

CLAIM = "claim"
VERIFICATION = "verification"
REMOVAL = "removal"
WRONG_FACT = "wrong-fact"
ABUSE = "abuse"
LOOKALIKE = "lookalike"
PERSON = "person-name"
APPEAL = "appeal"
KINDS = (CLAIM, VERIFICATION, REMOVAL, WRONG_FACT, ABUSE, LOOKALIKE, PERSON, APPEAL)
RESTRICTING = frozenset({ABUSE, LOOKALIKE, PERSON})
"""Kinds whose acceptance restricts somebody, who is owed a statement of reasons."""
PROVING = frozenset({CLAIM, VERIFICATION})
"""Kinds whose acceptance says that somebody proved who they are."""

OPEN = "open"
ACCEPTED = "accepted"
DECLINED = "declined"

WEBSITE = "website"
PROOFS = ("letter", WEBSITE, "mail", "members")
PROVEN_BY = ("letter-oid", "letter-pic", "letter", WEBSITE, "members")
"""What may decide alone; mail from a domain only proposes."""
REASONS = ("misleading", "illegal", "personal", "insult", "advertising", "other")
HIDE, ASK = "hide", "ask"
MEASURES = (ASK, HIDE)
GROUNDS = ("law", "terms")


class Case(Model):
    """Something a reviewer decides, of one of `KINDS`.

    `page` is the path of what a report is about; `reason` says why: one of `REASONS`, or what is odd
    about a name, which may look like that of `resembles`. An accepted case has `proven_by`, or a
    `measure` with its `ground` and `rule`; `overturned_at` is when an appeal, whose `parent` it is,
    changed it. A case about the name of a person has `about_account` instead of an organisation.
    """

    organisation_id: int | None
    account_id: int | None
    about_account_id: int | None
    parent_id: int | None

    id = AutoField()
    public_id = TextField(unique=True)
    organisation = ForeignKeyField(Organisation, null=True, on_delete="CASCADE")
    kind = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    reply_to = TextField(default="")
    proof = TextField(default="")
    message = TextField(default="")
    state = TextField(default=OPEN)
    decision = TextField(default="")
    decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="decisions")
    created_at = UtcDateTime()
    due_at = UtcDateTime()
    decided_at = UtcDateTime(null=True)
    version = IntegerField(default=1)
    page = TextField(default="")
    reason = TextField(default="")
    proven_by = TextField(default="")
    measure = TextField(default="")
    ground = TextField(default="")
    rule = TextField(default="")
    overturned_at = UtcDateTime(null=True)
    about_account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="named_in")
    resembles = ForeignKeyField(
        Organisation, null=True, on_delete="SET NULL", backref="looked_like"
    )
    parent = ForeignKeyField("self", null=True, on_delete="CASCADE", backref="appeals")

    class Meta:
        table_name = "claims_case"
