"""What administrators do from Site Setup that no other service does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app
from peewee import IntegrityError

from plugins.directory.interface import check_other, note_verified
from plugins.operation import interface as operation
from plugins.trust.interface import verify as recompute
from portal import audit, db, events, jobs, mail, settings
from portal.context import SITE_ADMIN, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.hookspecs import EventType, JobKind, Progress
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import CLAIMED, VERIFIED, Organisation
from portal.organisations.service import touch
from portal.people import service as people
from portal.people import sessions
from portal.people.models import Account

VERIFY_AUDIT = "setup.verify_audit"
BACK_UP = "setup.back_up"
ASKED = "asked"
TIMELY = timedelta(minutes=30)
"""A backup is due a little early, so that once a day stays the same time of day."""
REASON_LENGTH = 300
FAULTS_TOLD = 5


# People


def change_role(ctx: Context, account: Account, role: str) -> None:
    """Give a person another role on the site. Raises Conflict for the last administrator."""
    with db.transaction():
        if role != SITE_ADMIN:
            _keep_one_administrator(account)
        people.promote(ctx, account.email, role)


def set_disabled(ctx: Context, account: Account, disabled: bool) -> None:
    """Shut a person out, or let them in again. Raises Conflict for the last administrator."""
    with db.transaction():
        if disabled:
            _keep_one_administrator(account)
        people.set_disabled(ctx, account.email, disabled)


def end_sessions(ctx: Context, account: Account) -> None:
    """Sign a person out on all devices."""
    _check_admin(ctx)
    with db.transaction():
        sessions.end_all(account.id)
        audit.record(ctx, "account.signed_out", "account", account.id)


def resend_verification(ctx: Context, email: str) -> None:
    """Send the mail to confirm an address once more; earlier links no longer work.

    Raises Conflict when it is confirmed already, the account is shut, or nobody can confirm it.
    """
    _check_admin(ctx)
    with db.transaction():
        account = people.existing(email)
        if account.verified_at or account.disabled_at:
            raise Conflict(_("This address needs no confirmation."))
        people.have_confirmed(ctx, account)
        audit.record(ctx, "account.reminded", "account", account.id)


def _keep_one_administrator(account: Account) -> None:
    """Refuse to leave the site without an administrator who can sign in."""
    lock = " FOR UPDATE" if db.is_postgres() else ""
    rows = db.query(
        "SELECT id FROM account WHERE role = ? AND disabled_at IS NULL "
        f"AND verified_at IS NOT NULL{lock}",
        (SITE_ADMIN,),
    )
    if {number for (number,) in rows} == {account.id}:
        raise Conflict(_("Make somebody else an administrator first: the last one has to stay."))


# Organisations


def verify(ctx: Context, organisation: Organisation, reason: str) -> None:
    """Say that the people of a claimed organisation proved who they are.

    Raises Invalid without a reason, Conflict in another state, NotAllowed for its own members.
    """
    with db.transaction():
        _decide(ctx, organisation, reason, "organisation.verified", CLAIMED, state=VERIFIED)
        note_verified(ctx, organisation.id, "reviewed")


def take_back(ctx: Context, organisation: Organisation, reason: str) -> None:
    """Take back that an organisation is verified. Raises as `verify`."""
    _decide(ctx, organisation, reason, "organisation.unverified", VERIFIED, state=CLAIMED)


def mark_operator(ctx: Context, organisation: Organisation, is_operator: bool) -> None:
    """Mark an organisation as the operator's own, or no longer."""
    _check_admin(ctx)
    with db.transaction():
        touch(ctx, organisation, is_operator=is_operator)


def _decide(
    ctx: Context, organisation: Organisation, reason: str, act: str, source: str, **values: Any
) -> None:
    _check_admin(ctx)
    reason = " ".join(reason.replace("\0", "").split())
    if not reason:
        raise Invalid(_("Write the reason in a sentence."), field="reason")
    if len(reason) > REASON_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=REASON_LENGTH), field="reason")
    check_other(ctx, organisation)
    with db.transaction():
        current = Organisation.get_by_id(organisation.id)
        if current.state != source:
            raise Conflict(_("Its state is another one by now. Please look again."))
        touch(ctx, organisation, **values)
        audit.record(ctx, act, "organisation", organisation.id, personal={"reason": reason})


# Settings

EVENTS = (
    EventType(
        "setting.changed",
        lazy("A setting was changed"),
        {"scope": "the portal, or the id of a plugin"},
    ),
)


def save_settings(ctx: Context, plugin: str, values: Mapping[str, Any]) -> list[str]:
    """Change settings; returns the keys that changed. A value equal to the default is forgotten.

    Raises Invalid with the field for the first that can't be taken, NotAllowed, NotFound.
    """
    if not ctx.actor.is_admin:
        raise NotAllowed(_("Only administrators change settings."))
    fields = settings.schema(plugin)
    for key in values:
        if key not in fields:
            raise NotFound(_("There is no setting %(key)s.", key=key) + settings.hint(key, fields))
    kept = {key: settings.clean(fields[key], raw) for key, raw in values.items()}
    with db.transaction():
        current_app.extensions.pop(settings.KEPT, None)
        before = settings.of(ctx, plugin)
        _check_together(plugin, {**before, **kept})
        changed = [key for key, value in kept.items() if value != before[key]]
        for key in changed:
            _record(ctx, plugin, fields[key], {"before": before[key], "after": kept[key]})
        if changed:
            settings.store(plugin, {key: kept[key] for key in changed})
            events.emit(ctx, "setting.changed", "setting", 0, scope=plugin)
    current_app.extensions.pop(settings.KEPT, None)  # what was read before the commit
    return changed


def _record(ctx: Context, plugin: str, item: settings.Field, values: dict[str, Any]) -> None:
    """Write a change into the audit log; free words go where they can be erased."""
    words = item.type in {*settings.LENGTHS, *settings.FORMS, "list", "mails"} and not item.choices
    personal = {name: str(value) for name, value in values.items()} if words else None
    plain = {} if words else values
    audit.record(
        ctx, "setting.changed", "setting", personal=personal, scope=plugin, key=item.key, **plain
    )


def _check_together(plugin: str, values: Mapping[str, Any]) -> None:
    """Refuse values that do not go together. Raises Invalid with the field."""
    if plugin == settings.PORTAL and values["default_language"] not in values["languages"]:
        raise Invalid(_("Choose one of the languages that are offered."), "default_language")


# Mail


def retry_mail(ctx: Context, number: int) -> None:
    """Let a mail that was given up wait for its turn again. Raises NotFound, Conflict."""
    _check_admin(ctx)
    row = mail.Outbox
    with db.transaction():
        changed = (
            row.update(attempts=0, due_at=ctx.clock.now())
            .where(row.id == number, row.sent_at.is_null(), row.attempts >= mail.MOST_ATTEMPTS)
            .execute()
        )
        if not changed:
            if row.get_or_none(row.id == number) is None:
                raise NotFound
            raise Conflict(_("This mail is on its way already."))
        audit.record(ctx, "mail.retried", "mail", number)


# Jobs


def retry_job(ctx: Context, number: int) -> None:
    """Let a failed or cancelled job wait for its turn again.

    Raises NotFound, or Conflict when it is not over or the same work is queued already.
    """
    values = {"state": jobs.WAITING, "attempts": 0, "error": "", "finished_at": None}
    try:
        _move_job(ctx, number, (jobs.FAILED, jobs.CANCELLED), due_at=ctx.clock.now(), **values)
    except IntegrityError:
        raise Conflict(_("The same work is waiting already.")) from None


def cancel_job(ctx: Context, number: int) -> None:
    """Drop a job that is not done; one that runs ends at its next report.

    Raises NotFound, or Conflict when it is over.
    """
    _move_job(
        ctx,
        number,
        (jobs.WAITING, jobs.RUNNING, jobs.FAILED),
        state=jobs.CANCELLED,
        finished_at=ctx.clock.now(),
    )


def _move_job(ctx: Context, number: int, sources: tuple[str, ...], **values: Any) -> None:
    _check_admin(ctx)
    with db.transaction():
        if (
            jobs.Job.update(**values)
            .where(jobs.Job.id == number, jobs.Job.state.in_(sources))
            .execute()
        ):
            return
        if not jobs.Job.select().where(jobs.Job.id == number).exists():
            raise NotFound
        raise Conflict(_("The state of this job changed meanwhile. Please look again."))


# Work that takes longer than a page


def ask_for(ctx: Context, name: str) -> int:
    """Queue one of the jobs below; while one waits or runs, that is the one."""
    _check_admin(ctx)
    with db.transaction():
        return jobs.enqueue(ctx, name, {"asked": True}, key=ASKED)


def _verify_audit(_ctx: Context, _payload: Mapping[str, Any], progress: Progress) -> None:
    """Recompute the audit log; the note says how many entries are sound, or which are not."""
    progress.report(0.05)
    size = db.query("SELECT size FROM audit_tree WHERE id = 1")[0][0]
    faults = recompute()
    if not faults:
        progress.report(1.0, f"sound {size}")
        return
    told = "; ".join(fault.what for fault in faults[:FAULTS_TOLD])
    progress.report(1.0, f"faults {len(faults)} {told}")


def _back_up(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Copy the database with its key, when somebody asked or the last copy is old enough.

    The note names the file; those that are too many are deleted.
    """
    config = current_app.extensions["portal"].config
    now = ctx.clock.now()
    oldest = now - timedelta(hours=config.backup_hours) + TIMELY
    made = operation.backups(config)
    is_due = config.backup_hours and (not made or operation.made_at(made[-1]) <= oldest)
    if not is_due and not payload.get("asked"):
        return
    progress.report(0.05)
    made.append(operation.backup(config, now=now))
    for copy in made[: -max(config.backup_keep, 1)]:
        operation.delete(copy)
    progress.report(1.0, made[-1].name)


JOBS = [
    JobKind(VERIFY_AUDIT, _verify_audit, lazy("Recompute the audit log"), attempts=2),
    JobKind(BACK_UP, _back_up, lazy("Back up the database"), every=3600, attempts=3),
]


def _check_admin(ctx: Context) -> None:
    if not ctx.actor.is_admin:
        raise NotAllowed(_("Only administrators do this."))
