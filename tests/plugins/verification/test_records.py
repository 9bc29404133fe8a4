"""Edits of stored texts and signatures by somebody who owns the database: every one is found.

Triggers and foreign keys are out of the way, as they would be for such a person. Edits of the log itself
are tried in tests/plugins/trust/test_edits.py; here some of them are mixed in. What only a head from
outside can show is held against one. Left out, since they prove nothing: the number of a row, clauses
(a working copy that nobody signs), steps in the history, and a reference to an account that is blanked,
which is how people are erased.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from plugins.agreements import negotiating, service, signing
from plugins.agreements.models import Agreement
from plugins.agreements.workflow import parties
from plugins.evidence.interface import canonical, playing
from plugins.trust import checking
from plugins.verification import cli, records
from portal import db
from tests.plugins.agreements.conftest import World
from tests.plugins.trust.test_edits import nothing_in_the_way, write_anew, write_tree

VERSION = (
    "agreement_id", "number", "digest", "material", "content", "why", "clause", "account_id",
    "party_id", "created_at",
)  # fmt: skip
SIGNATURE = (
    "public_id", "agreement_id", "party_id", "version_id", "digest", "level", "statement", "evidence",
    "account_id", "attested_by", "name", "position", "salt", "scan", "scan_type", "signed_at",
    "voided_at", "void_reason",
)  # fmt: skip
NUMBERS = {"agreement_id", "number", "account_id", "party_id", "version_id", "attested_by"}
BYTES = {"content", "statement", "scan"}
MAY_BE_BLANK = {"account_id", "attested_by"}
PNG = b"\x89PNG\r\n\x1a\nscan"
Found = set[tuple[str, str]]
Edit = Callable[[random.Random], "Found | int | None"]
"""Changes something; returns what may be named first (agreement and what of it), or an entry."""


def signed_in_every_way(world: World) -> Agreement:
    """Return what is in force: signed by a click, by a passkey, on paper; one signature is void."""
    row = world.frozen(3)
    world.sign(row, 0)
    first = parties(row.id)[0].public_id
    world.change(row, 0, "contacts", office={first: "Mobility office"})
    negotiating.reopen(world.ctx(world.writers[1]), row, world.hand(row, 1), "Once more")
    for at in range(3):
        world.agree(row, at)
    world.sign(row, 0)
    hand = world.hand(row, 1, signing=True)
    prepared = playing.signed_by_key(
        document=bytes(signing.queries.shown(world.now(row)).content),
        party=hand.party.public_id,
        name=hand.signer.name if hand.signer else "",
        position="",
        intent="I sign",
        at=world.ctx().clock.now(),
    )
    world.sign(row, 1, prepared=prepared)
    paper = signing.Paper("Head 2", "Director", PNG)
    signing.sign(
        world.ctx(world.writers[2]), row, world.hand(row, 2), world.digest(row), paper=paper
    )
    return world.now(row)


def fill(world: World) -> None:
    """Make two agreements, and one with a person."""
    assert signed_in_every_way(world).state == "in_force"
    world.begin()
    service.begin(
        world.ctx(world.writers[0]), world.schools[0], "learning", "Stay", role="sending",
        others=[service.Asked("learner", name="Learner", email="learner@mail.example")],
    )  # fmt: skip


def other(dice: random.Random, column: str, value: Any) -> Any:
    """Return a value that differs from the present one."""
    if column in NUMBERS:
        offers = [-1, 0, 1, 2, 3, 7, (value or 0) + 1, 90_000]
        offers += [] if column in MAY_BE_BLANK else [None]
    elif column in BYTES:
        data = bytes(value or b"")
        at = dice.randrange(len(data)) if data else 0
        offers = [b"", b"{}", data + b" ", b" " + data, data[:at], PNG]
        offers += (
            [data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]] * 4
            if data
            else []
        )
    else:
        text = "" if value is None else str(value)
        at = dice.randrange(len(text)) if text else 0
        offers = ["", f"{text} ", f" {text}", text[:at], text[:at] + "x" + text[at + 1 :], "{}"]
        offers += [text.upper(), text.replace(":", ": "), "ß", "[]", "null", text * 2, "click"]
        offers += ["2026-11-20T12:00:00.000000Z", "changed", "contacts"]
        offers += [None] if value is not None else []
        offers += [] if db.is_postgres() else [text.encode()]
    return dice.choice([offer for offer in offers if offer != value])


def any_row(dice: random.Random, table: str, where: str = "1 = 1") -> int:
    return int(dice.choice(db.query(f"SELECT id FROM agreements_{table} WHERE {where}"))[0])


def named(table: str, row: int) -> tuple[str, str]:
    """Return how a row is named when it is wrong."""
    column = "number" if table == "version" else "public_id"
    [[agreement, value]] = db.query(
        f"SELECT a.public_id, r.{column} FROM agreements_{table} r "
        "JOIN agreements_agreement a ON a.id = r.agreement_id WHERE r.id = ?",
        (row,),
    )
    return agreement, f"{table} {value}"


def change_a(table: str, columns: tuple[str, ...]) -> Edit:
    """Return an edit of a random column of a random row."""

    def change(dice: random.Random) -> Found:
        while True:
            row, column = any_row(dice, table), dice.choice(columns)
            before = named(table, row)
            sql = f"SELECT {column} FROM agreements_{table} WHERE id = ?"
            value = db.query(sql, (row,))[0][0]
            value = bytes(value) if isinstance(value, memoryview) else value
            new = other(dice, column, value)
            try:
                with db.database.atomic():
                    sql = f"UPDATE agreements_{table} SET {column} = ? WHERE id = ?"
                    db.execute(sql, (new, row))
            except Exception:
                continue  # the database itself does not take it
            change.__doc__ = f"{column} of {row}: {value!r:.200} -> {new!r:.200}"
            if column == "agreement_id":
                return {before, *(("", "agreement") for _once in "1")} | _moved(table, row)
            return {before} | ({named(table, row)} if column in ("number", "public_id") else set())

    change.__name__ = f"change_a_{table}"
    return change


def _moved(table: str, row: int) -> Found:
    """Return how a row is named that went to another agreement, or to none."""
    try:
        return {named(table, row), ("", table)}
    except ValueError:
        return {("", table)}


def delete_a(table: str) -> Edit:
    """Return an edit that deletes a row."""

    def delete(dice: random.Random) -> Found:
        row = any_row(dice, table)
        before = {named(table, row)}
        if table == "version":  # and what was signed over it
            here = "SELECT id FROM agreements_signature WHERE version_id = ?"
            before |= {named("signature", number) for (number,) in db.query(here, (row,))}
        db.execute(f"DELETE FROM agreements_{table} WHERE id = ?", (row,))
        return before

    delete.__name__ = f"delete_a_{table}"
    return delete


def swap_two(table: str, columns: tuple[str, ...]) -> Edit:
    """Return an edit that gives two rows each other's values in some columns."""

    def swap(dice: random.Random) -> Found:
        while True:
            first, second = any_row(dice, table), any_row(dice, table)
            some = dice.sample(columns, dice.randint(1, len(columns)))
            rest = [column for column in columns if column not in some]
            one, two = (_values(table, some, row) for row in (first, second))
            # with the same rest they are each other's under another id, which proves nothing
            if one == two or _values(table, rest, first) == _values(table, rest, second):
                continue
            before = {named(table, first), named(table, second)}
            try:
                with db.database.atomic():
                    marks = ", ".join(f"{column} = ?" for column in some)
                    sql = f"UPDATE agreements_{table} SET {marks} WHERE id = ?"
                    keys = {"number", "agreement_id", "public_id"} & set(some)
                    if keys:  # unique ones go by way of others
                        db.execute(sql, (*map(_aside, some, one), first))
                    db.execute(sql, (*one, second))
                    db.execute(sql, (*two, first))
            except Exception:
                continue
            return before | {("", table)} | _moved(table, first) | _moved(table, second)

    swap.__name__ = f"swap_two_{table}s"
    return swap


def _values(table: str, columns: list[str], row: int) -> list[Any]:
    sql = f"SELECT {', '.join([*columns, '0'])} FROM agreements_{table} WHERE id = ?"
    [found] = db.query(sql, (row,))
    return [bytes(value) if isinstance(value, memoryview) else value for value in found[:-1]]


def _aside(column: str, value: Any) -> Any:
    return 99_999 if column == "number" else "aside" if column == "public_id" else value


def put_in_a(table: str, columns: tuple[str, ...]) -> Edit:
    """Return an edit that copies a row under another number."""

    def put(dice: random.Random) -> Found:
        row = any_row(dice, table)
        agreement, _what = named(table, row)
        new = dice.choice([50, 90]) if table == "version" else f"forged{dice.randrange(1000)}"
        key = "number" if table == "version" else "public_id"
        rest = ", ".join(column for column in columns if column not in (key, "voided_at"))
        voided = ", voided_at" if table == "signature" else ""
        values = ", '2026-11-20T12:00:00.000000Z'" if table == "signature" else ""
        db.execute(
            f"INSERT INTO agreements_{table} ({key}, {rest}{voided}) "
            f"SELECT ?, {rest}{values} FROM agreements_{table} WHERE id = ?",
            (new, row),
        )
        return {(agreement, f"{table} {new}")}

    put.__name__ = f"put_in_a_{table}"
    return put


def cut_the_end(dice: random.Random) -> Found:
    """Delete the newest texts of an agreement, and say that there never were more."""
    row = any_row(dice, "agreement", "number > 1")
    [[agreement, number]] = db.query(
        "SELECT public_id, number FROM agreements_agreement WHERE id = ?", (row,)
    )
    last = dice.randrange(number)
    gone = "SELECT id FROM agreements_version WHERE agreement_id = ? AND number > ? ORDER BY number"
    ids = [found for (found,) in db.query(gone, (row, last))]
    for found in ids:
        db.execute("DELETE FROM agreements_signature WHERE version_id = ?", (found,))
        db.execute("DELETE FROM agreements_version WHERE id = ?", (found,))
    db.execute("UPDATE agreements_agreement SET number = ? WHERE id = ?", (last, row))
    return {(agreement, f"version {last + 1}")}


def delete_an_agreement(dice: random.Random) -> Found:
    row = any_row(dice, "agreement")
    for table in ("signature", "version", "party"):
        db.execute(f"DELETE FROM agreements_{table} WHERE agreement_id = ?", (row,))
    db.execute("DELETE FROM agreements_agreement WHERE id = ?", (row,))
    return {(str(row), "agreement")}


def call_it_in_force(dice: random.Random) -> Found:
    row = any_row(dice, "agreement", "state <> 'in_force'")
    db.execute("UPDATE agreements_agreement SET state = 'in_force' WHERE id = ?", (row,))
    sql = "SELECT public_id FROM agreements_agreement WHERE id = ?"
    return {(db.query(sql, (row,))[0][0], "state")}


def change_the_log(dice: random.Random) -> int:
    """Change what the log says of agreements."""
    entries = db.query("SELECT id, detail FROM audit_entry WHERE subject_type LIKE 'agreements%'")
    entry, text = dice.choice(entries)
    changed = other(dice, "detail", text)
    while changed is None or isinstance(changed, bytes):
        changed = other(dice, "detail", text)
    db.execute("UPDATE audit_entry SET detail = ? WHERE id = ?", (changed, entry))
    return int(entry)


def cut_the_log(dice: random.Random) -> None:
    """Cut the log's end with its tree: texts that it noted are there no less."""
    noted = db.query(
        "SELECT l.number FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id "
        "WHERE e.action IN ('agreement.text_kept', 'agreement.signed')"
    )
    last = dice.choice(noted)[0] - 1
    numbers = "SELECT entry_id FROM audit_leaf WHERE number > ?"
    gone = [number for (number,) in db.query(numbers, (last,))]
    db.execute("DELETE FROM audit_leaf WHERE number > ?", (last,))
    for number in gone:
        db.execute("DELETE FROM audit_value WHERE entry_id = ?", (number,))
        db.execute("DELETE FROM audit_entry WHERE id = ?", (number,))
    write_tree(last)


EDITS: list[Edit] = [
    *[change_a("version", VERSION)] * 5,
    *[change_a("signature", SIGNATURE)] * 6,
    delete_a("version"),
    delete_a("signature"),
    swap_two("version", VERSION),
    swap_two("signature", SIGNATURE),
    put_in_a("version", VERSION),
    put_in_a("signature", SIGNATURE),
    cut_the_end,
    delete_an_agreement,
    call_it_in_force,
    change_the_log,
    cut_the_log,
]


def write_a_text_anew(dice: random.Random) -> None:
    """Change a text with all its hashes, and what the log says of it, and the whole log's."""
    row = any_row(dice, "version")
    [[content, digest]] = db.query(
        "SELECT content, digest FROM agreements_version WHERE id = ?", (row,)
    )
    text = canonical.read(bytes(content))
    changed = canonical.document({**text, "title": "Another title"})
    new, material = canonical.digest(changed), canonical.digest(canonical.material(changed))
    db.execute(
        "UPDATE agreements_version SET content = ?, digest = ?, material = ? WHERE id = ?",
        (changed, new, material, row),
    )
    db.execute("UPDATE audit_entry SET detail = REPLACE(detail, ?, ?)", (digest, new))
    write_anew()


def unseen(count: int, edits: list[Edit], head: checking.Head | None) -> list[str]:
    """Do so many edits, each taken back; name those that were not found or not named rightly."""
    missed = []
    with nothing_in_the_way():
        assert records.verify_all(head) == []
        for seed in range(count):
            dice = random.Random(seed)
            edit = edits[seed % len(edits)]
            with db.database.atomic() as work:
                wanted = edit(dice)
                found = records.verify_all(head)
                first = found[0] if found else None
                fits = first is not None and (
                    wanted is None
                    or (first.entry == wanted if isinstance(wanted, int) else False)
                    or (isinstance(wanted, set) and (first.agreement, first.what) in wanted)
                )
                if not fits:
                    missed.append(f"{seed} {edit.__name__} {edit.__doc__} {wanted}: {first}")
                work.rollback()
        assert records.verify_all(head) == []
    return missed


@pytest.fixture
def any_head(make_portal: Callable[..., Flask], any_url: str) -> Iterator[checking.Head]:
    """The head of the log of a site with agreements, once on each engine."""
    made = make_portal(any_url, plugins=["verification"])
    with made.test_request_context():
        world = World(made)
        fill(world)
        yield checking.head(world.ctx())


def test_random_edits_are_found_and_named(any_head: checking.Head) -> None:
    assert unseen(88, EDITS, None) == []
    assert unseen(4, [write_a_text_anew], any_head) == []


@pytest.mark.full
@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_ten_thousand_random_edits_are_found_and_named(any_head: checking.Head) -> None:
    assert unseen(9_900, EDITS, None) == []
    assert unseen(100, [write_a_text_anew], any_head) == []


def test_with_a_check_of_the_log_alone_edits_would_go_unseen(
    any_head: checking.Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_agreements", lambda: iter(()))

    assert len(unseen(22, EDITS, None)) > 10


def test_the_command_checks_the_whole_site(world: World) -> None:
    fill(world)
    run, group = world.app.test_cli_runner(), cli.agreements_group
    good = run.invoke(group, ["verify", "--all"], obj=lambda: world.app)
    with nothing_in_the_way():
        db.execute("UPDATE agreements_version SET why = 'begun' WHERE number = 2")
    bad = run.invoke(group, ["verify", "--all"], obj=lambda: world.app)
    as_json = run.invoke(group, ["verify", "--all", "--json"], obj=lambda: world.app)
    none = run.invoke(group, ["verify"], obj=lambda: world.app)

    assert (good.exit_code, bad.exit_code, as_json.exit_code, none.exit_code) == (0, 1, 1, 2)
    assert "text 2" in bad.output
    assert '"version 2"' in as_json.output
