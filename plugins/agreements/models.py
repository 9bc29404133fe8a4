"""Tables of the agreements plugin."""

from __future__ import annotations

from typing import Any

from peewee import AutoField, BlobField, CompositeKey, ForeignKeyField, IntegerField, TextField

from portal.db import JsonField, Model, UtcDateTime
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.models import Account

DRAFT, NEGOTIATION, READY, SIGNING = "draft", "negotiation", "ready", "signing"
IN_FORCE, SUPERSEDED, EXPIRED = "in_force", "superseded", "expired"
TERMINATED, CANCELLED = "terminated", "cancelled"
WRITABLE = (DRAFT, NEGOTIATION)
FROZEN = (READY, SIGNING)
OPEN, TAKEN, DECLINED = "open", "taken", "declined"


class PartyName(TextField):
    """The name of a party; of a person who was erased it says just that."""

    def python_value(self, value: str) -> str:
        """Read a name."""
        return value or _("erased")


class Agreement(Model):
    """What parties negotiate and sign. `organisation` began it; it is a party like the others.

    `version` is the workflow's lock; `number` counts the texts that were saved, `frozen` is the one
    that is signed, 0 for none. `follows` says how it came from its predecessor: amend, renew or
    copy. Days are ISO dates out of its clauses; `notice` is why it ends at `terminates_at`.
    """

    organisation_id: int
    predecessor_id: int | None
    is_fictional: bool  # of its organisation, where it was read by the id in its address
    id = AutoField()
    public_id = TextField(unique=True)
    kind = TextField()
    template_version = IntegerField()
    title = TextField()
    languages = JsonField()
    organisation = ForeignKeyField(Organisation)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    predecessor = ForeignKeyField("self", null=True, on_delete="SET NULL")
    follows = TextField(default="")
    state = TextField(default=DRAFT)
    version = IntegerField(default=1)
    number = IntegerField(default=0)
    frozen = IntegerField(default=0)
    in_turn = IntegerField(default=0)
    deadline_on = TextField(default="")
    starts_on = TextField(default="")
    ends_on = TextField(default="")
    review_on = TextField(default="")
    notice = TextField(default="")
    created_at = UtcDateTime()
    sent_at = UtcDateTime(null=True)
    frozen_at = UtcDateTime(null=True)
    in_force_at = UtcDateTime(null=True)
    ended_at = UtcDateTime(null=True)
    expires_at = UtcDateTime(null=True)
    terminates_at = UtcDateTime(null=True)
    reminded = IntegerField(default=0)
    nudged_at = UtcDateTime(null=True)

    class Meta:
        table_name = "agreements_agreement"


class Party(Model):
    """Who takes part: an organisation, or a person (without one) who acts by mailed links.

    `name` is the organisation's as it was then, or the person's. `email` is where links go.
    `confirmed` is the number of the text that the party agreed to, 0 for none.
    """

    agreement_id: int
    organisation_id: int | None
    member: str  # the role of whoever asks, where `policy.hands` read it
    id = AutoField()
    public_id = TextField(unique=True)
    agreement = ForeignKeyField(Agreement, on_delete="CASCADE", backref="parties")
    place = IntegerField()
    role = TextField()
    organisation: Any = ForeignKeyField(Organisation, null=True)
    name = PartyName()
    email = TextField(default="")
    language = TextField(default="")
    confirmed = IntegerField(default=0)
    confirmed_at = UtcDateTime(null=True)
    removed_at = UtcDateTime(null=True)

    class Meta:
        table_name = "agreements_party"


class Clause(Model):
    """A clause as it is now. `data` holds the values by field; `party` changed it last.

    `texts` has title, text and labels (by field), each by language: they are taken over from the
    template when the agreement begins, so that another translation never changes a text.
    """

    agreement_id: int
    party_id: int | None
    id = AutoField()
    agreement = ForeignKeyField(Agreement, on_delete="CASCADE", backref="clauses")
    key = TextField()
    texts = JsonField(default=dict)
    data = JsonField(default=dict)
    version = IntegerField(default=1)
    party = ForeignKeyField(Party, null=True, on_delete="SET NULL")
    changed_at = UtcDateTime()

    class Meta:
        table_name = "agreements_clause"


class Acceptance(Model):
    """That a party accepted a clause as it was in a version of its own."""

    clause_id: int
    party_id: int
    clause = ForeignKeyField(Clause, on_delete="CASCADE")
    party = ForeignKeyField(Party, on_delete="CASCADE")
    version = IntegerField()

    class Meta:
        table_name = "agreements_acceptance"
        primary_key = CompositeKey("clause", "party")


class Remark(Model):
    """A comment on a clause or, with a `proposal` (texts and data), a suggestion to change it."""

    clause_id: int
    party_id: int
    id = AutoField()
    public_id = TextField(unique=True)
    clause = ForeignKeyField(Clause, on_delete="CASCADE")
    party = ForeignKeyField(Party, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    text = TextField(default="")
    proposal = JsonField(default=dict)
    base = IntegerField()
    state = TextField(default=OPEN)
    created_at = UtcDateTime()
    closed_at = UtcDateTime(null=True)

    class Meta:
        table_name = "agreements_remark"


class Version(Model):
    """A text that was saved, as the exact bytes that `digest` is of; never changed.

    `material` is the digest of what signatures depend on; `why` is begun, changed or corrected
    (clerical fields alone).
    """

    agreement_id: int
    party_id: int | None
    id = AutoField()
    agreement = ForeignKeyField(Agreement, on_delete="CASCADE")
    number = IntegerField()
    digest = TextField()
    material = TextField()
    content = BlobField()
    why = TextField()
    clause = TextField(default="")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    party: Any = ForeignKeyField(Party, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()

    class Meta:
        table_name = "agreements_version"


class Signature(Model):
    """A party's signature over the digest that its signer was shown; `level` says how it was made.

    `statement` is the canonical text that was signed; name, position and salt are what it is
    committed to. One stands for each party at most; a voided one stays, with the reason.
    """

    party_id: int
    version_id: int
    account_id: int | None
    id = AutoField()
    public_id = TextField(unique=True)
    agreement = ForeignKeyField(Agreement, on_delete="CASCADE")
    party = ForeignKeyField(Party, on_delete="CASCADE")
    version = ForeignKeyField(Version, on_delete="CASCADE")
    digest = TextField()
    level = TextField()
    statement = BlobField()
    evidence = JsonField(default=dict)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    attested_by = ForeignKeyField(
        Account, null=True, on_delete="SET NULL", column_name="attested_by", backref="attested"
    )
    name = TextField()
    position = TextField(default="")
    salt = TextField(default="")
    scan: Any = BlobField(null=True)
    scan_type = TextField(default="")
    signed_at = UtcDateTime()
    voided_at = UtcDateTime(null=True)
    void_reason = TextField(default="")

    class Meta:
        table_name = "agreements_signature"


class Opening(Model):
    """That an administrator of the site opened an agreement of others, with the reason."""

    id = AutoField()
    agreement = ForeignKeyField(Agreement, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    reason = TextField()
    opened_at = UtcDateTime()

    class Meta:
        table_name = "agreements_opening"
