"""People's copy of what is kept of them, its erasure and the end of its time.

All of it follows from declarations (`portal/privacy.py`). An erased account stays as a row that
names nobody ("former account N"), so that its number is never given to somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import current_app

from portal import audit, db, privacy
from portal.context import MEMBER, SITE_ADMIN, Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.kernel import registry as kernel
from portal.kernel.models import Plugin
from portal.people import service as people
from portal.people.models import Account
from portal.privacy import PersonalData

CANNOT_RUN = kernel.OUT_OF_ORDER | {kernel.MISSING, kernel.INCOMPATIBLE}
LONELY = (
    "SELECT o.name FROM organisation_member m JOIN organisation o ON o.id = m.organisation_id "
    "WHERE m.account_id = ? AND m.role = 'OrgAdmin' AND EXISTS (SELECT 1 FROM organisation_member x "
    "WHERE x.organisation_id = o.id AND x.account_id <> m.account_id) AND NOT EXISTS (SELECT 1 FROM "
    "organisation_member x JOIN account a ON a.id = x.account_id WHERE x.organisation_id = o.id "
    "AND x.account_id <> m.account_id AND x.role = 'OrgAdmin' AND a.disabled_at IS NULL) "
    "ORDER BY o.name"
)


def kept() -> list[PersonalData]:
    """Return what is declared of the tables that are there, the core's first.

    Tables of a plugin that is switched off count: its data is still kept.
    """
    found = list(privacy.core())
    for _plugin, manifest in _with_tables():
        found += manifest.personal_data if manifest else ()
    tables = set(db.database.get_tables())
    return [item for item in found if item.table in tables]


def _with_tables() -> Iterator[tuple[str, Any]]:
    """Yield the plugins that have tables, each with its manifest or None when that is gone."""
    found = current_app.extensions["portal"].registry.found
    for row in Plugin.select().where(Plugin.schema > 0).order_by(Plugin.id):
        yield row.id, found[row.id].manifest if row.id in found else None


@dataclass(frozen=True)
class Visitor:
    """Somebody without an account, known by a mail address; no account has the number 0."""

    email: str
    id: int = 0


def export(ctx: Context, account_id: int) -> dict[str, Any]:
    """Return a copy of all that is kept of a person, as JSON takes it; noted in the audit log.

    For the person and administrators; NotFound for everybody else.
    """
    person = _person(ctx, account_id)
    with db.transaction():
        audit.record(ctx, "personal_data.exported", "account", person.id)
        return _copy(ctx, person)


def export_address(ctx: Context, email: str) -> dict[str, Any]:
    """Return a copy of what is kept of somebody without an account, found by their mail address.

    Such as who reported a wrong fact. For administrators; NotFound for others, and for an address
    that has an account or of which nothing is kept.
    """
    visitor = _visitor(ctx, email)
    with db.transaction():
        copy = _copy(ctx, visitor)
        copy["data"] = [part for part in copy["data"] if part["rows"]]
        if not copy["data"]:
            raise NotFound(_("Nothing is kept of %(email)s.", email=visitor.email))
        audit.record(ctx, "personal_data.exported", personal={"address": visitor.email})
    return copy


def _copy(ctx: Context, person: Account | Visitor) -> dict[str, Any]:
    data = [
        {
            "table": item.table,
            "what": _(item.what or item.column),
            "why": _(item.purpose),
            "how_long": _(item.retention),
            "rows": _rows(item, person),
        }
        for item in kept()
        if not item.secret
    ]
    return {"account": person.email, "made_at": db.utc_text(ctx.clock.now()), "data": data}


def _rows(item: PersonalData, person: Account | Visitor) -> list[dict[str, Any]]:
    where, values = _belongs(item.table, item.subject, person)
    rows = db.query(f"SELECT {', '.join(item.shown)} FROM {item.table} WHERE {where}", values)
    return [dict(zip(item.shown, map(_readable, row), strict=True)) for row in rows]


def _readable(value: Any) -> Any:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else value


def _belongs(table: str, subject: str, person: Account | Visitor) -> tuple[str, list[Any]]:
    """Return the condition that finds a person's rows, with its values."""
    if " or " in subject:
        pairs = [_belongs(table, part, person) for part in subject.split(" or ")]
        either = " OR ".join(sql for sql, _values in pairs)
        return f"({either})", [value for _sql, values in pairs for value in values]
    if " -> " in subject:
        column, _arrow, place = subject.partition(" -> ")
        other, its_subject = place.split(".")
        sql, values = _belongs(other, its_subject, person)
        return f"{column} IN (SELECT id FROM {other} WHERE {sql})", values
    if "INT" in _columns(table)[subject].data_type.upper():
        return f"{subject} = ?", [person.id]
    return f"lower({subject}) = ?", [person.email]


def _columns(table: str) -> dict[str, Any]:
    return {column.name: column for column in db.database.get_columns(table)}


def objections(person: Account) -> Iterator[str]:
    """Say what stands against erasing an account now."""
    registry = current_app.extensions["portal"].registry
    registry.follow(db.query("SELECT plugin_generation FROM heartbeat WHERE id = 1")[0][0])
    for plugin, manifest in _with_tables():
        status = registry.statuses()[plugin]
        if manifest is None or status.state in CANNOT_RUN:
            yield _(
                "The add-on %(title)s is out of order, so what it keeps of the person could not be "
                "erased: %(reason)s"
            ) % {"title": status.title, "reason": status.state}
    others = (
        Account.role == SITE_ADMIN, Account.id != person.id,
        Account.disabled_at.is_null(), Account.verified_at.is_null(False),
    )  # fmt: skip
    if person.role == SITE_ADMIN and not Account.select().where(*others).exists():
        yield _("This is the only administrator of the portal. Name another one first.")
    for (name,) in db.query(LONELY, (person.id,)):
        yield _(
            "This is the only administrator of %(organisation)s, for which others act too. Name "
            "another one first.",
            organisation=name,
        )


def erase(ctx: Context, account_id: int) -> None:
    """Erase what is kept of a person, all of it or nothing; the row of the account stays, nameless.

    For the person and administrators; NotFound for everybody else. Raises Conflict with the reason
    when something stands against it.
    """
    person = _person(ctx, account_id)
    with db.transaction():
        if db.is_postgres():  # of two who leave at once, the second sees that the first is gone
            db.query("SELECT id FROM account WHERE role = ? ORDER BY id FOR UPDATE", (SITE_ADMIN,))
            db.query(
                "SELECT id FROM organisation WHERE id IN (SELECT organisation_id FROM "
                "organisation_member WHERE account_id = ?) ORDER BY id FOR UPDATE",
                (person.id,),
            )
        for objection in objections(person):
            raise Conflict(objection)
        _erase(person)
        Account.update(role=MEMBER, disabled_at=ctx.clock.now()).where(
            Account.id == person.id
        ).execute()
        audit.record(ctx, "account.erased", "account", person.id)


def erase_address(ctx: Context, email: str) -> int:
    """Erase what is kept of somebody without an account; returns how many rows were concerned.

    For administrators; NotFound for others, and for an address that has an account.
    """
    visitor = _visitor(ctx, email)
    with db.transaction():
        count = _erase(visitor)
        audit.record(ctx, "personal_data.erased", rows=count)
    return count


def _erase(person: Account | Visitor) -> int:
    tables: dict[str, list[PersonalData]] = {}
    for item in sorted(kept(), key=lambda item: " -> " not in item.subject):
        tables.setdefault(item.table, []).append(item)
    return sum(
        _forget(
            table, [(item, *_belongs(table, item.subject, person)) for item in items], person.id
        )
        for table, items in tables.items()
    )


def erase_own(ctx: Context, password: str, address: str, visit: people.Visit) -> None:
    """Erase the actor's account after password and address were typed. Raises Invalid, Conflict."""
    person = _person(ctx, ctx.actor.account_id or 0)
    if address.strip().lower() != person.email:
        raise Invalid(_("Write the address with which you sign in."), "address")
    people.check_own_password(ctx, password, visit)
    erase(ctx, person.id)


def _forget(
    table: str, found: Iterable[tuple[PersonalData, str, list[Any]]], number: int = 0
) -> int:
    """Delete or blank rows of a table, each column where its condition holds; returns how many."""
    columns, sets, wheres, before, after, count = _columns(table), [], [], [], [], 0
    for item, where, values in found:
        if item.erase == "delete":
            count += db.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount
        elif item.erase != "keep":
            for name in item.columns:
                empty = "NULL" if columns[name].null else "''"
                new = f"'former account {number}'" if item.erase == "replace" else empty
                sets.append(f"{name} = CASE WHEN {where} THEN {new} ELSE {name} END")
                before += values
            wheres.append(where)
            after += values
    if sets:
        sql = f"UPDATE {table} SET {', '.join(sets)} WHERE {' OR '.join(wheres)}"
        count += db.execute(sql, before + after).rowcount
    return count


def run_retention(ctx: Context) -> dict[str, int]:
    """Delete or blank what is older than declared; returns how many rows of which tables."""
    counts: dict[str, int] = {}
    with db.transaction():
        for item in kept():
            if item.days:
                oldest = db.utc_text(ctx.clock.now() - timedelta(days=item.days))
                count = _forget(item.table, [(item, f"{item.since} < ?", [oldest])])
                counts[item.table] = counts.get(item.table, 0) + count
        if any(counts.values()):
            audit.record(ctx, "personal_data.expired", rows=counts)
    return counts


def _person(ctx: Context, account_id: int) -> Account:
    is_own = ctx.actor.account_id == account_id
    found: Account | None = Account.get_or_none(Account.id == account_id)
    if found is None or not (is_own or ctx.actor.is_admin):
        raise NotFound
    return found


def _visitor(ctx: Context, email: str) -> Visitor:
    address = email.strip().lower()
    if not address or not ctx.actor.is_admin or Account.get_or_none(Account.email == address):
        raise NotFound
    return Visitor(address)
