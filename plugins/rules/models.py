"""Rules and what they did; webhooks and what was sent to them."""

from __future__ import annotations

from peewee import AutoField, BooleanField, ForeignKeyField, IntegerField, TextField

from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.people.models import Account

WAITING = "waiting"
DONE = "done"
FAILED = "failed"
PASSED = "passed"
STOPPED = "stopped"
RUN_STATES = (DONE, FAILED, STOPPED, PASSED, WAITING)

SENT = "sent"
DELIVERY_STATES = (WAITING, SENT, FAILED)


class Rule(Model):
    """When `event` happens and the conditions hold, the actions are carried out.

    A condition is {what, field, test, value}; an action is {kind, ...}, see `rules.py`. The address
    of a mail to one person stands in `mail_to`, where it can be found and erased.
    """

    id = AutoField()
    public_id = TextField(unique=True)
    title = TextField()
    event = BinaryText()
    matching = TextField(default="all")
    conditions = JsonField()
    actions = JsonField()
    mail_to = TextField(default="")
    is_active = BooleanField(default=True)
    position = IntegerField()
    created_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()
    version = IntegerField(default=1)
    deleted_at = UtcDateTime(null=True)

    class Meta:
        table_name = "rules_rule"


class Run(Model):
    """What a rule made of an event.

    `state` is waiting, done, failed, passed (a condition did not hold) or stopped (by the loop
    guard), `done` says for each action that is over what came of it. `chain` is the number of the
    event that nobody's rule caused, `depth` how many rules lie between.
    """

    id = AutoField()
    rule = ForeignKeyField(Rule, on_delete="CASCADE")
    event_id = IntegerField()
    event = BinaryText()
    subject_type = TextField()
    subject_id = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    payload = JsonField()
    happened_at = UtcDateTime()
    chain = IntegerField()
    depth = IntegerField(default=0)
    guard = BinaryText(null=True)
    state = BinaryText(default=WAITING)
    reason = TextField(default="")
    done = JsonField(default=list)
    attempts = IntegerField(default=0)
    created_at = UtcDateTime()
    finished_at = UtcDateTime(null=True)

    class Meta:
        table_name = "rules_run"


class Webhook(Model):
    """An address that is told. Its secrets follow from `nonce` and, until `old_until`, `old_nonce`."""

    id = AutoField()
    public_id = TextField(unique=True)
    title = TextField()
    url = TextField()
    nonce = TextField()
    old_nonce = TextField(default="")
    old_until = UtcDateTime(null=True)
    secret_shown_at = UtcDateTime(null=True)
    is_active = BooleanField(default=True)
    created_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = UtcDateTime()
    version = IntegerField(default=1)
    deleted_at = UtcDateTime(null=True)

    class Meta:
        table_name = "rules_webhook"


class Delivery(Model):
    """A message to a webhook: waiting, sent, or failed for good; `answer` is how the other side began."""

    id = AutoField()
    public_id = TextField(unique=True)
    webhook = ForeignKeyField(Webhook, on_delete="CASCADE")
    run = ForeignKeyField(Run, null=True, on_delete="SET NULL")
    event = BinaryText()
    content = TextField()
    state = BinaryText(default=WAITING)
    attempts = IntegerField(default=0)
    status = IntegerField(null=True)
    answer = TextField(default="")
    error = TextField(default="")
    created_at = UtcDateTime()
    tried_at = UtcDateTime(null=True)

    class Meta:
        table_name = "rules_delivery"
