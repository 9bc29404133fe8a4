"""Personal data: what is kept of people, their copy of it, its erasure and the end of its time.

All of it follows from declarations: the core's in `personal_data.toml` beside this file, a
plugin's in its `plugin.toml`. An erased account stays as a row that names nobody ("former account
N"), so that its number is never given to somebody else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from portal import audit, db, jobs
from portal.context import MEMBER, SITE_ADMIN, Context
from portal.errors import Conflict, NotFound
from portal.i18n import _, lazy_gettext
from portal.kernel import registry as kernel
from portal.kernel.manifest import PersonalData, personal_data
from portal.kernel.models import Plugin
from portal.people.models import Account

FILE = Path(__file__).with_name("personal_data.toml")
CORE = personal_data(tomllib.loads(FILE.read_text(encoding="utf-8"))["personal_data"], FILE.name)
CANNOT_RUN = kernel.OUT_OF_ORDER | {kernel.MISSING, kernel.INCOMPATIBLE}
LONELY = (
    "SELECT o.name FROM organisation_member m JOIN organisation o ON o.id = m.organisation_id "
    "WHERE m.account_id = ? AND m.role = 'OrgAdmin' AND EXISTS (SELECT 1 FROM organisation_member x "
    "WHERE x.organisation_id = o.id AND x.account_id <> m.account_id) AND NOT EXISTS (SELECT 1 FROM "
    "organisation_member x WHERE x.organisation_id = o.id AND x.account_id <> m.account_id "
    "AND x.role = 'OrgAdmin') ORDER BY o.name"
)


def kept() -> list[PersonalData]:
    """Return what is declared of the tables that are there, the core's first.

    Tables of a plugin that is switched off count: its data is still kept.
    """
    found = list(CORE)
    for _plugin, manifest in _with_tables():
        found += manifest.personal_data if manifest else ()
    tables = set(db.database.get_tables())
    return [item for item in found if item.table in tables]


def _with_tables() -> Iterator[tuple[str, Any]]:
    """Yield the plugins that have tables, each with its manifest or None when that is gone."""
    found = current_app.extensions["portal"].registry.found
    for row in Plugin.select().where(Plugin.schema > 0).order_by(Plugin.id):
        yield row.id, found[row.id].manifest if row.id in found else None


def export(ctx: Context, account_id: int) -> dict[str, Any]:
    """Return a copy of all that is kept of a person, as JSON takes it; noted in the audit log.

    For the person and administrators; NotFound for everybody else.
    """
    person = _person(ctx, account_id)
    with db.transaction():
        audit.record(ctx, "personal_data.exported", "account", person.id)
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


def _rows(item: PersonalData, person: Account) -> list[dict[str, Any]]:
    columns = [*item.columns, *filter(None, item.also.split(", "))]
    where, values = _belongs(item.table, item.subject, person)
    rows = db.query(f"SELECT {', '.join(columns)} FROM {item.table} WHERE {where}", values)
    return [dict(zip(columns, map(_readable, row), strict=True)) for row in rows]


def _readable(value: Any) -> Any:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else value


def _belongs(table: str, subject: str, person: Account) -> tuple[str, list[Any]]:
    """Return the condition that finds a person's rows, with its values."""
    if " or " in subject:
        pairs = [_belongs(table, part, person) for part in subject.split(" or ")]
        return f"({' OR '.join(sql for sql, _v in pairs)})", sum((v for _s, v in pairs), [])
    if " -> " in subject:
        column, _arrow, place = subject.partition(" -> ")
        sql, values = _belongs(*place.split("."), person)
        return f"{column} IN (SELECT id FROM {place.split('.')[0]} WHERE {sql})", values
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
            ) % {"title": status.title, "reason": status.reason or status.state}
    others = (Account.role == SITE_ADMIN, Account.id != person.id, Account.disabled_at.is_null())
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
        for objection in objections(person):
            raise Conflict(objection)
        tables: dict[str, list[PersonalData]] = {}
        for item in sorted(kept(), key=lambda item: " -> " not in item.subject):
            tables.setdefault(item.table, []).append(item)
        for table, items in tables.items():
            _forget(
                table, [(item, *_belongs(table, item.subject, person)) for item in items], person.id
            )
        Account.update(role=MEMBER, disabled_at=ctx.clock.now()).where(
            Account.id == person.id
        ).execute()
        audit.record(ctx, "account.erased", "account", person.id)


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
    counts = {}
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


def _run(ctx: Context, _payload: Mapping[str, Any], _progress: jobs.Progress) -> None:
    run_retention(ctx)


jobs.register(
    jobs.JobKind("portal.run_retention", _run, lazy_gettext("Delete what is too old"), 86_400)
)
