"""Tables of the ratings plugin: who is asked, what they said, what others said to that, the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from peewee import AutoField, BooleanField, FloatField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

SENDING, HOST, SUPPORTING, LEARNER = "sending", "host", "supporting", "learner"
SIDES = (SENDING, HOST, SUPPORTING)

SEALED, PUBLISHED, WITHDRAWN, REMOVED = "sealed", "published", "withdrawn", "removed"

COMMENT, REPLY = "comment", "reply"
WAITING, SHOWN, REFUSED = "waiting", "shown", "refused"

OPEN, KEPT = "open", "kept"
REASONS = ("untrue", "person", "insult", "not-there", "advertising", "other")
"""Why an organisation disputes a rating."""


class Ending(Model):
    """The end of a placement, about which each side is asked.

    Everything that is said about it stays sealed until `released_at`: when all have rated, or once
    `opens_at` has come. `placement` is the number and `placement_key` the public id that the
    mobilities have for it.
    """

    id = AutoField()
    placement = IntegerField(unique=True)
    placement_key = TextField()
    mobility = IntegerField()
    sending = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    host = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    supporting = ForeignKeyField(Organisation, null=True, on_delete="SET NULL", backref="+")
    workplace = TextField(default="")
    outcome = TextField()
    starts_on = BinaryText()
    ended_on = BinaryText()
    evidence = TextField(default="live")
    criteria = IntegerField()
    asked_at = UtcDateTime()
    opens_at = UtcDateTime()
    released_at = UtcDateTime(null=True)
    sending_id: int
    host_id: int
    supporting_id: int | None

    class Meta:
        table_name = "ratings_ending"

    @property
    def ended(self) -> date:
        """The day of the end."""
        return date.fromisoformat(self.ended_on)


class Invitation(Model):
    """That one side was asked: an organisation by its role, or one participant by a private link.

    `organisation` is empty for participants, so that nobody reads what is theirs; `participant` is
    the number that the mobilities have for one, 0 for organisations. It is turned round (-n) with
    the release, when nobody needs to be told apart any more.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    ending = ForeignKeyField(Ending, on_delete="CASCADE", backref="invitations")
    role = TextField()
    organisation = ForeignKeyField(Organisation, null=True, on_delete="CASCADE", backref="+")
    participant = IntegerField(default=0)
    is_minor = BooleanField(default=False)
    answered_at = UtcDateTime(null=True)
    reminded_at = UtcDateTime(null=True)
    ending_id: int
    organisation_id: int | None

    class Meta:
        table_name = "ratings_invitation"


class Rating(Model):
    """What one side says about one organisation; it is never changed, and never deleted.

    `rater` is the organisation whose voice it is: of participants, the one that sent them.
    `removed_for` is one of `REASONS`. `queries.with_answers` adds what belongs to it: answers, texts
    by kind, the dispute.
    """

    given: Sequence[Answer]
    words: Mapping[str, Text]
    dispute: Any
    id = AutoField()
    public_id = TextField(unique=True)
    invitation = ForeignKeyField(Invitation, on_delete="CASCADE", backref="ratings")
    ending = ForeignKeyField(Ending, on_delete="CASCADE", backref="ratings")
    rater = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    rated = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    role = TextField()
    rated_role = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    state = TextField(default=SEALED)
    given_at = UtcDateTime()
    released_on = BinaryText(default="")
    removed_for = TextField(default="")
    invitation_id: int
    ending_id: int
    rater_id: int
    rated_id: int
    account_id: int | None

    class Meta:
        table_name = "ratings_rating"


class Cell(Model):
    """Answers of several participants that are only ever shown together; see `cells`."""

    id = AutoField()
    token = TextField(unique=True)
    released_on = BinaryText()

    class Meta:
        table_name = "ratings_cell"


class Answer(Model):
    """The stars for one criterion, none for "cannot say"; a participant's are shown in a cell."""

    id = AutoField()
    rating = ForeignKeyField(Rating, on_delete="CASCADE", backref="answers")
    cell = ForeignKeyField(Cell, null=True, backref="answers")
    criterion = TextField()
    stars = IntegerField(null=True)
    rating_id: int
    cell_id: int | None

    class Meta:
        table_name = "ratings_answer"


class Text(Model):
    """Words beside a rating, or the reply to it; a reviewer reads them before others do.

    `organisation` is whose words they are, empty for participants.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    rating = ForeignKeyField(Rating, on_delete="CASCADE", backref="texts")
    kind = TextField()
    organisation = ForeignKeyField(Organisation, null=True, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    text = TextField()
    lang = TextField()
    state = TextField(default=SEALED)
    version = IntegerField(default=1)
    written_at = UtcDateTime()
    rating_id: int
    organisation_id: int | None

    class Meta:
        table_name = "ratings_text"


class Dispute(Model):
    """That the rated organisation holds a rating to be wrong, decided by a reviewer."""

    id = AutoField()
    public_id = TextField(unique=True)
    rating = ForeignKeyField(Rating, unique=True, on_delete="CASCADE", backref="disputes")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE", backref="+")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="+")
    reason = TextField()
    text = TextField()
    state = TextField(default=OPEN)
    version = IntegerField(default=1)
    created_at = UtcDateTime()
    rating_id: int
    organisation_id: int

    class Meta:
        table_name = "ratings_dispute"


class StoredScore(Model):
    """The score of an organisation, also while too few rated it; `shown` is what pages show of it."""

    organisation = ForeignKeyField(Organisation, primary_key=True, on_delete="CASCADE", backref="+")
    score = FloatField()
    low = FloatField()
    high = FloatField()
    rank_value = FloatField()
    raters = IntegerField()
    people = IntegerField()
    shown = JsonField()
    organisation_id: int

    class Meta:
        table_name = "ratings_score"
