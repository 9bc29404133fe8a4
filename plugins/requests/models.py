"""Tables of the requests plugin."""

from __future__ import annotations

from datetime import date

from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

DRAFT, PUBLISHED, CLOSED = "draft", "published", "closed"
SUSPENDED, DISCARDED = "suspended", "discarded"


class PartnerRequest(Model):
    """What an organisation looks for. `role` is that of the partner wanted.

    `slug` is the public id until the first publication. `occupations` lists pairs of the words as
    typed and the codes of what they name; `countries` none means any; days are ISO dates.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    slug = BinaryText(unique=True)
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    title = TextField()
    text = TextField()
    lang = TextField()
    role = TextField()
    fields = JsonField(default=list)
    occupations = JsonField(default=list)
    countries = JsonField(default=list)
    languages = JsonField(default=list)
    modes = JsonField(default=list)
    inclusion = JsonField(default=list)
    starts_on = TextField(default="")
    ends_on = TextField(default="")
    places = IntegerField(null=True)
    youngest_age = IntegerField(null=True)
    state = TextField(default=DRAFT)
    version = IntegerField(default=1)
    created_at = UtcDateTime()
    published_at = UtcDateTime(null=True)
    closes_at = UtcDateTime()
    closed_at = UtcDateTime(null=True)

    class Meta:
        table_name = "requests_request"

    @property
    def closes_on(self) -> date:
        """The last day on which it is open."""
        closes_on: date = self.closes_at.date()
        return closes_on


class Told(Model):
    """That an organisation was told of a request, because its people asked for that."""

    id = AutoField()
    request = ForeignKeyField(PartnerRequest, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    told_at = UtcDateTime()

    class Meta:
        table_name = "requests_told"


class Invitation(Model):
    """That an organisation nobody claimed was invited, once for ever, and whether it wants no more.

    `asker` is the organisation that did it.
    """

    organisation = ForeignKeyField(Organisation, primary_key=True, on_delete="CASCADE")
    request = ForeignKeyField(PartnerRequest, null=True, on_delete="SET NULL")
    asker = ForeignKeyField(
        Organisation, null=True, on_delete="SET NULL", backref="invitations_sent"
    )
    invited_at = UtcDateTime()
    refused_at = UtcDateTime(null=True)

    class Meta:
        table_name = "requests_invitation"


SENT, SHORTLISTED, CHOSEN = "sent", "shortlisted", "chosen"
DECLINED, WITHDRAWN = "declined", "withdrawn"


class Reply(Model):
    """What one organisation answers to a request; seen by its people and the asker's alone.

    `covers` names points of the request, as kind and key with a colon between.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    request = ForeignKeyField(PartnerRequest, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    covers = JsonField(default=list)
    starts_on = TextField(default="")
    ends_on = TextField(default="")
    places = IntegerField(null=True)
    price_note = TextField(default="")
    text = TextField(default="")
    state = TextField(default=SENT)
    version = IntegerField(default=1)
    created_at = UtcDateTime()
    updated_at = UtcDateTime()

    class Meta:
        table_name = "requests_reply"


OPEN, ANSWERED = "open", "answered"
RUNNING = (OPEN, ANSWERED)


class Enquiry(Model):
    """What one organisation asks another: open while it waits for the receiver, answered while it
    waits for the asker, then declined or closed.

    `about` is the third organisation of a question to a past partner, `projects` names what they
    were in together. `waits_since` is when the turn last changed, `reminders` how many the side
    whose turn it is got since. `answered_at` is when the receiver answered or declined first,
    `closes_at` when it closes by itself or, once it is over, when it ended.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    asker = ForeignKeyField(Organisation, on_delete="CASCADE", backref="enquiries_sent")
    receiver = ForeignKeyField(Organisation, on_delete="CASCADE", backref="enquiries_received")
    about = ForeignKeyField(
        Organisation, null=True, on_delete="SET NULL", backref="enquiries_about"
    )
    projects = TextField(default="")
    state = TextField(default=OPEN)
    version = IntegerField(default=1)
    reminders = IntegerField(default=0)
    created_at = UtcDateTime()
    waits_since = UtcDateTime()
    last_at = UtcDateTime()
    answered_at = UtcDateTime(null=True)
    closes_at = UtcDateTime()

    class Meta:
        table_name = "requests_enquiry"


class Message(Model):
    """What an organisation wrote in an enquiry."""

    id = AutoField()
    enquiry = ForeignKeyField(Enquiry, on_delete="CASCADE")
    organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    text = TextField()
    created_at = UtcDateTime()

    class Meta:
        table_name = "requests_message"


class Silence(Model):
    """That an organisation leaves enquiries without an answer, and when its people were told so."""

    organisation = ForeignKeyField(Organisation, primary_key=True, on_delete="CASCADE")
    warned_at = UtcDateTime()

    class Meta:
        table_name = "requests_silence"
