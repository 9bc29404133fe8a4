"""What the pages of Site Setup ask, in a bounded number of statements; lists go by key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from plugins.setup.acts import JOB as ACT
from portal import audit, db
from portal.errors import NotFound
from portal.jobs import DONE, FAILED, PERIOD, WAITING, Job
from portal.kernel.models import Plugin
from portal.mail import MOST_ATTEMPTS, Outbox
from portal.organisations.models import Organisation
from portal.people.models import Account, Session
from portal.text import fold

PAGE = 50
PARKED = "parked"
MOST_EXPORTED = 10_000


def paged(
    query: Any, key: Any, after: int | None, size: int = PAGE
) -> tuple[list[Any], int | None]:
    """Return the rows behind a key, newest first, and the key of the next page if there is one."""
    if after is not None:
        query = query.where(key < after)
    rows = list(query.order_by(key.desc()).limit(size + 1))
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def waiting() -> dict[str, int]:
    """Count what waits for an administrator, by page."""
    failed = "SELECT COUNT(*) FROM job WHERE state = 'failed'"
    unsent = "SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND attempts >= ?"
    jobs, mails = db.query(f"SELECT ({failed}), ({unsent})", (MOST_ATTEMPTS,))[0]
    return {"setup.job_list": jobs, "setup.mails": mails}


# Add-ons


def stored_versions() -> dict[str, str]:
    """Return the versions whose tables are there, by plugin."""
    return {row.id: row.version for row in Plugin.select(Plugin.id, Plugin.version)}


def latest_act(plugin: str) -> Any:
    """Return the newest job that acts on a plugin, None without one."""
    rows = Job.select().where(Job.name == ACT).order_by(Job.id.desc()).limit(20)
    return next((row for row in rows if row.payload["wish"][0] == plugin), None)


# People and organisations


def people(q: str, role: str, state: str) -> Any:
    """Return a query for accounts; state is "", waiting, verified or disabled."""
    found: Any = Account.select()
    if q:
        found = found.where(Account.email.contains(q) | Account.name.contains(q))
    if role:
        found = found.where(Account.role == role)
    is_open = Account.disabled_at.is_null()
    states = {
        "waiting": is_open & Account.verified_at.is_null(),
        "verified": is_open & Account.verified_at.is_null(False),
        "disabled": Account.disabled_at.is_null(False),
    }
    return found.where(states[state]) if state in states else found


def person(public_id: str) -> Account:
    """Return an account. Raises NotFound."""
    found: Account | None = Account.get_or_none(Account.public_id == public_id)
    if found is None:
        raise NotFound
    return found


def devices(account: Account) -> int:
    """Count where a person is signed in."""
    return int(Session.select().where(Session.account == account.id).count())


def organisations(q: str, state: str) -> Any:
    """Return a query for organisations; state also takes hidden and operator."""
    found: Any = Organisation.select()
    if q:
        found = found.where(Organisation.folded_name.contains(fold(q)))
    if state == "hidden":
        return found.where(Organisation.hidden_at.is_null(False))
    if state == "operator":
        return found.where(Organisation.is_operator)
    return found.where(Organisation.state == state) if state else found


def countries() -> dict[str, int]:
    """Count the visible organisations of each country."""
    country, shown = Organisation.country, Organisation.hidden_at.is_null()
    rows: Any = Organisation.select(country, fn.COUNT(Organisation.id)).where(shown)
    return dict(rows.group_by(country).tuples())


# Mail, jobs, audit


def mails(state: str) -> Any:
    """Return a query for mails; state is "", waiting, failed or sent."""
    found: Any = Outbox.select()
    unsent = Outbox.sent_at.is_null()
    states = {
        "waiting": unsent & (Outbox.attempts < MOST_ATTEMPTS),
        "failed": unsent & (Outbox.attempts >= MOST_ATTEMPTS),
        "sent": Outbox.sent_at.is_null(False),
    }
    return found.where(states[state]) if state in states else found


def mail_counts() -> dict[str, int]:
    """Count the mails that wait and those that failed."""
    rows = db.query(
        "SELECT attempts >= ?, count(*) FROM outbox WHERE sent_at IS NULL GROUP BY 1",
        (MOST_ATTEMPTS,),
    )
    found = {bool(is_failed): number for is_failed, number in rows}
    return {"waiting": found.get(False, 0), "failed": found.get(True, 0)}


def mail(number: int) -> Outbox:
    """Return a mail. Raises NotFound."""
    found: Outbox | None = Outbox.get_or_none(Outbox.id == number)
    if found is None:
        raise NotFound
    return found


def jobs(state: str, inactive: list[str]) -> Any:
    """Return a query for jobs; parked ones wait for a plugin that takes no part.

    Regular work that went well is only shown when it is asked for.
    """
    found: Any = Job.select()
    if state == PARKED:
        return found.where(Job.state == WAITING, Job.plugin.in_(inactive))
    if state == WAITING:
        return found.where(Job.state == WAITING, Job.plugin.not_in(inactive))
    if state:
        return found.where(Job.state == state)
    return found.where((Job.state != DONE) | ~Job.key.startswith(PERIOD))


def latest_job(name: str) -> Any:
    """Return the newest job of a name that did something or failed; regular work says so by a note."""
    found: Any = Job.select().where(Job.name == name)
    return (
        found.where(~Job.key.startswith(PERIOD) | (Job.note != "") | (Job.state == FAILED))
        .order_by(Job.id.desc())
        .first()
    )


def audit_entries(
    action: str, actor: str, subject: str, since: datetime | None, until: datetime | None
) -> Any:
    """Return a query for audit entries; `subject` is a type, or a type and number: "account 7".

    `actor` is an address, "system" or "visitor"; `until` is a day that counts whole.
    """
    entry = audit.AuditEntry
    found: Any = entry.select()
    if action:  # a name, or the part before its dot
        below = entry.action.between(f"{action}.", f"{action}.~")
        found = found.where((entry.action == action) | below)
    if actor in {"system", "visitor"}:
        found = found.where(entry.actor == actor)
    elif actor:
        ids = Account.select(Account.id).where(Account.email == actor.lower())
        found = found.where(entry.account_id.in_(ids))
    kind, _blank, number = subject.strip().partition(" ")
    if kind:
        found = found.where(entry.subject_type == kind)
    number = number.strip()
    if number.isascii() and number.isdigit() and len(number) < 16:
        found = found.where(entry.subject_id == int(number))
    if since:
        found = found.where(entry.at >= since)
    return found.where(entry.at < until + timedelta(days=1)) if until else found


def names_of(ids: set[int]) -> Mapping[int, str]:
    """Return the addresses of accounts that are still there."""
    rows: Any = Account.select(Account.id, Account.email).where(Account.id.in_(ids)).tuples()
    return dict(rows) if ids else {}


def values_of(ids: list[int]) -> dict[int, dict[str, str]]:
    """Return the personal values of audit entries, by entry; erased ones are not there."""
    value = audit.AuditValue
    found: dict[int, dict[str, str]] = {}
    rows: Any = value.select(value.entry, value.name, value.value).where(value.entry.in_(ids))
    for entry, name, text in rows.tuples() if ids else ():
        found.setdefault(entry, {})[name] = text
    return found
