"""Copies, erasure and retention of personal data: complete, of the right person, and no more."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from plugins.trust import checking, service
from portal import audit, db
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.errors import Conflict, Invalid, NotFound
from portal.kernel.models import Plugin
from portal.people.models import Account
from portal.people.service import Visit
from tests.conftest import NOON
from tests.factories import PASSWORD, audited, clocked, make_account, make_member, make_organisation

_numbers = itertools.count(1_000)
HELD = {"account", "audit_entry", "audit_leaf", "audit_tree"}
"""Tables that the portal fills itself while the seeds are sown, or may not be written to."""


@pytest.fixture
def app(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with every plugin, on each engine."""
    return make_portal(any_url)


def columns(table: str) -> dict[str, Any]:
    return _columns(table, db.is_postgres())


@cache
def _columns(table: str, _is_postgres: bool) -> dict[str, Any]:
    """Ask an engine once: PostgreSQL takes its time to say."""
    return {column.name: column for column in db.database.get_columns(table)}


def rows_of_everything() -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: db.query(f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in db.database.get_tables()
        if not table.endswith("_migration") and table != "migration_checksum"
    }


def targets(table: str) -> dict[str, str]:
    return _targets(table, db.is_postgres())


@cache
def _targets(table: str, _is_postgres: bool) -> dict[str, str]:
    return {key.column: key.dest_table for key in db.database.get_foreign_keys(table)}


@cache
def allowed() -> dict[tuple[str, str], str]:
    """Return a value for each column that takes certain words only, as its table's step says."""
    found = {}
    for step in sorted(Path(__file__).parents[3].glob("*/*/migrations/*.sql")):
        for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", step.read_text(), re.S):
            for column, word in re.findall(r"CHECK \((\w+) IN \('(\w+)'", body):
                found[table, column] = word
    return found


def sow(
    table: str, person: Account, subject: str, mark: str, marked: Collection[str] = ()
) -> int | None:
    """Insert a row whose declared subject is the person; texts of marked columns hold the mark."""
    values: dict[str, Any] = {}
    subject = subject.split(" or ")[0]
    via, _arrow, place = subject.partition(" -> ")
    for name, column in columns(table).items():
        kind, number = column.data_type.upper(), next(_numbers)
        word = f"{mark}-{table}-{name}-{number}" if name in marked else f"other {number}"
        refers = targets(table).get(name)
        if (table, name) in allowed():
            values[name] = allowed()[table, name]
        elif place and name == via:
            values[name] = sow(place.split(".")[0], person, place.split(".")[1], mark)
        elif name == subject:
            values[name] = person.id if "INT" in kind else person.email
        elif (name == "number" and column.primary_key) or name == "id":
            if "INT" in kind:
                values[name] = number
        elif name.endswith("_at") or name in {"at", "since"}:
            values[name] = db.utc_text(NOON)
        elif refers == "organisation":
            is_shared = table == "local_role" and subject == "account_id"
            values[name] = None if is_shared else make_organisation().id
        elif refers == "audit_entry":
            values[name] = audit.record(clocked_ctx(), "school.seen")
        elif refers:
            values[name] = None if column.null else sow(refers, person, "", mark)
        elif "BLOB" in kind or "BYTEA" in kind:
            values[name] = word.encode()
        elif "BOOL" in kind:
            values[name] = False
        elif "INT" in kind or "REAL" in kind or "DOUBLE" in kind:
            values[name] = None if column.null else number
        elif name in {"payload", "fields", "data", "body", "detail"}:
            values[name] = json.dumps({"word": word})
        else:
            values[name] = word
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))
    return values.get("id")


def to_sow() -> Iterator[tuple[str, str, set[str]]]:
    """Give table, subject and marked columns of each declaration; of those of one row together."""
    rows: dict[tuple[str, str, int], set[str]] = {}
    for number, item in enumerate(service.kept()):
        if item.table not in HELD | {"audit_value"}:
            subject = columns(item.table).get(item.subject)
            is_one_row = subject is not None and subject.primary_key
            row = rows.setdefault((item.table, item.subject, 0 if is_one_row else number), set())
            row.update(() if item.erase == "keep" else item.columns)
    yield from ((table, subject, marked) for (table, subject, _number), marked in rows.items())


_ctx: list[Context] = []


def clocked_ctx() -> Context:
    return _ctx[-1]


@pytest.fixture
def people(app: Flask) -> tuple[Account, Account]:
    """Two people of whom something is kept in every declared column, each with marks of their own."""
    _ctx.append(clocked(app))
    found = []
    for mark in ("canaryone", "canarytwo"):
        person = make_account(app, name=f"{mark} name", email=f"{mark}@school.example")
        Account.update(locale=f"{mark}-locale", scheme=f"{mark}-scheme").where(
            Account.id == person.id
        ).execute()
        with app.app_context():
            audit.record(clocked(app), "school.seen", "account", person.id, personal={"name": mark})
            with db.transaction():
                for table, subject, marked in to_sow():
                    sow(table, person, subject, mark, marked)
        found.append(Account.get_by_id(person.id))
    return found[0], found[1]


def own(app: Flask, person: Account) -> Context:
    return clocked(app).as_actor(Actor(account_id=person.id))


def test_a_copy_holds_all_of_a_person_and_nothing_of_another(
    app: Flask, people: tuple[Account, Account]
) -> None:
    first, _second = people
    with app.app_context():
        copy = service.export(own(app, first), first.id)
        kept = [item for item in service.kept() if not item.secret]

    text = json.dumps(copy)
    assert "canarytwo" not in text and "$argon2" not in text
    for item, part in zip(kept, copy["data"], strict=True):
        assert part["rows"], item
        for name in item.columns:
            values = [row[name] for row in part["rows"]]
            is_there = any(value not in (None, "") for value in values)
            assert is_there or name == "disabled_at", (item.table, name)
    texts = {
        f"{item.table}.{name}"
        for item in kept
        for name in item.columns
        if item.table not in HELD and f"canaryone-{item.table}-{name}" in text
    }
    assert {"outbox.text", "drafts_draft.fields", "claims_case.message"} <= texts


def test_after_erasure_nothing_names_the_person_and_others_are_as_before(
    app: Flask, people: tuple[Account, Account]
) -> None:
    first, second = people
    with app.app_context():
        before = rows_of_everything()
        assert "canaryone" in str(before)
        service.erase(own(app, first), first.id)
        after = rows_of_everything()

    assert {table: rows for table, rows in after.items() if "canaryone" in str(rows)} == {}
    assert str(after).count("canarytwo") == str(before).count("canarytwo")
    for table in before:
        gone = [row for row in before[table] if "canarytwo" in str(row) and row not in after[table]]
        assert gone == [], table
    assert checking.verify() == []
    row = Account.get_by_id(first.id)
    assert (row.name, row.email) == (f"former account {first.id}",) * 2
    assert row.disabled_at and not row.password_hash
    assert audited("account.erased").count() == 1
    assert Account.get_by_id(second.id).name == "canarytwo name"


@pytest.mark.parametrize("any_url", ["sqlite"], indirect=True)
def test_without_erasing_the_test_would_find_the_person(
    app: Flask, people: tuple[Account, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second = people
    monkeypatch.setattr(service, "_forget", lambda *values: 0)
    with app.app_context():
        service.erase(own(app, first), first.id)

    assert "canaryone" in str(rows_of_everything())


# Who may, and what stands against it


@pytest.fixture
def site(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin only, on SQLite."""
    return make_portal(plugins=["trust"])


@pytest.mark.parametrize("verb", [service.export, service.erase])
def test_strangers_learn_nothing(site: Flask, verb: Callable[..., Any]) -> None:
    person, stranger = make_account(site), make_account(site)
    with site.app_context():
        with pytest.raises(NotFound):
            verb(own(site, stranger), person.id)
        with pytest.raises(NotFound):
            verb(own(site, stranger), 9_999)


def test_the_last_administrator_of_an_organisation_with_others_stays(site: Flask) -> None:
    admin, member = make_account(site), make_account(site)
    school = make_organisation("Old School", admin=admin)
    with site.app_context():
        service_ctx = own(site, admin)
        make_member(school, member, "OrgMember")
        with pytest.raises(Conflict, match="Old School"):
            service.erase(service_ctx, admin.id)
        assert Account.get_by_id(admin.id).email == admin.email
        make_member(school, make_account(site), "OrgAdmin")
        service.erase(service_ctx, admin.id)


def test_somebody_alone_in_an_organisation_may_go(site: Flask) -> None:
    admin = make_account(site)
    make_organisation(admin=admin)
    with site.app_context():
        service.erase(own(site, admin), admin.id)

    assert Account.get_by_id(admin.id).disabled_at


def test_the_last_administrator_of_the_portal_stays(site: Flask) -> None:
    admin = make_account(site, role="SiteAdmin")
    with site.app_context(), pytest.raises(Conflict, match="administrator of the portal"):
        service.erase(own(site, admin), admin.id)


def test_a_plugin_that_is_gone_or_out_of_order_stops_it_by_name(site: Flask) -> None:
    person = make_account(site)
    Plugin.insert(id="gone", state="active", version="1", schema=1, changed_at=NOON).execute()
    db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")
    with site.app_context(), pytest.raises(Conflict, match="gone"):
        service.erase(own(site, person), person.id)


@pytest.mark.parametrize(
    ("password", "address", "field"), [("wrong", None, "password"), (PASSWORD, "x", "address")]
)
def test_erasing_takes_password_and_address(
    site: Flask, password: str, address: str | None, field: str
) -> None:
    person = make_account(site)
    with site.app_context(), pytest.raises(Invalid) as caught:
        typed = person.email if address is None else address
        service.erase_own(own(site, person), password, typed, Visit("192.0.2.1"))

    assert caught.value.field == field
    assert Account.get_by_id(person.id).email == person.email


# Retention


def test_what_is_too_old_goes_on_the_day_and_not_before(site: Flask, clock: FixedClock) -> None:
    with site.app_context():
        audit.record(clocked(site), "school.seen", personal={"name": "A"})
        clock.moment += timedelta(days=90)
        assert service.run_retention(clocked(site))["audit_value"] == 0
        clock.moment += timedelta(seconds=1)
        assert service.run_retention(clocked(site))["audit_value"] == 1

        assert checking.verify() == []
        entry = audited("personal_data.expired").get()
        assert entry.detail["rows"]["audit_value"] == 1


# Declarations


def test_what_erasure_blanks_may_be_empty(app: Flask) -> None:
    with app.app_context():
        kept = service.kept()
    for item in kept:
        found = columns(item.table)
        assert {*item.shown, *([item.since] if item.days else [])} <= set(found), item
        for name in item.columns if item.erase in {"blank", "replace"} else ():
            is_text = found[name].data_type.upper() in {"TEXT", "VARCHAR"}
            assert found[name].null or is_text, f"{item.table}.{name}"
