"""Edits of the audit tables by somebody who owns the database: every one is found.

Triggers and foreign keys are out of the way, as they would be for such a person. What only a head
from outside can show (a cut end, a history written anew with all its hashes) is held against one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from plugins.trust import checking
from portal import audit, db, merkle
from portal.context import Context
from tests.factories import clocked

SIZE = 24
ENTRY = audit.COLUMNS.split(", ")[1:]
NUMBERS = {"account_id", "subject_id", "number", "entry_id", "size", "id"}
Edit = Callable[[random.Random], "int | None"]
"""Changes something; returns the entry that must be named first, None where there is none."""


def fill(ctx: Context) -> None:
    with db.transaction():
        for number in range(1, SIZE + 1):
            about = ("account", number) if number % 3 else ("", None)
            personal = {"name": f"Person {number}", "town": "Rīga"} if number % 2 else {}
            audit.record(ctx, "school.seen", *about, personal=personal, turn=number, way="in")


def other(dice: random.Random, column: str, value: Any) -> Any:
    """Return a value that differs from the present one."""
    if column in NUMBERS:
        offers = [None, -1, 0, 1, 7, (value or 0) + 1, 90_000 + dice.randrange(1_000)]
    else:
        text = str(value)
        at = dice.randrange(len(text)) if text else 0
        offers = ["", f"{text} ", f" {text}", text[:at], text[:at] + "x" + text[at + 1 :], "{}"]
        offers += [text.upper(), text.replace(":", ": "), "ß", "[]", "null", text * 2]
        offers += [] if db.is_postgres() else [text.encode()]
    return dice.choice([offer for offer in offers if offer != value or offer is None is not value])


def one(dice: random.Random) -> int:
    return dice.randint(1, SIZE)


def set_column(dice: random.Random, table: str, key: str, at: int, column: str) -> bool:
    """Change a column of a row; False when the database itself does not take the value."""
    sql = f"SELECT {column} FROM {table} WHERE {key} = ? ORDER BY 1 LIMIT 1"
    value = db.query(sql, (at,))[0][0]
    try:
        with db.database.atomic():
            changed = other(dice, column, value)
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (changed, at))
    except Exception:
        return False
    return True


# The edits


def change_an_entry(dice: random.Random) -> int:
    at = one(dice)
    while not set_column(dice, "audit_entry", "id", at, dice.choice(ENTRY)):
        pass
    return at


def renumber_an_entry(dice: random.Random) -> int:
    at = one(dice)
    db.execute("UPDATE audit_entry SET id = ? WHERE id = ?", (dice.choice([0, -3, 900]), at))
    return at


def change_a_hash(dice: random.Random) -> int:
    at = one(dice)
    while not set_column(dice, "audit_leaf", "number", at, "hash"):
        pass
    return at


def point_a_place_elsewhere(dice: random.Random) -> int:
    at, to = one(dice), dice.choice([0, -1, 5_000])
    db.execute("UPDATE audit_leaf SET entry_id = ? WHERE number = ?", (to, at))
    return to


def renumber_a_place(dice: random.Random) -> None:
    to = dice.choice([0, -1, SIZE + 5])
    db.execute("UPDATE audit_leaf SET number = ? WHERE number = ?", (to, one(dice)))


def change_a_value(dice: random.Random) -> int:
    at = dice.randrange(1, SIZE, 2)
    column = dice.choice(["value", "salt", "name", "at", "account_id"])
    while not set_column(dice, "audit_value", "name = 'town' AND entry_id", at, column):
        pass
    return at


def move_a_value(dice: random.Random) -> int:
    at, to = dice.randrange(1, SIZE, 2), dice.randrange(2, SIZE + 1, 2)
    sql = "UPDATE audit_value SET entry_id = ? WHERE entry_id = ? AND name = 'name'"
    db.execute(sql, (to, at))
    return to


def put_in_a_value(dice: random.Random) -> int:
    at = dice.choice([one(dice), SIZE + 3])
    db.execute(
        "INSERT INTO audit_value (entry_id, name, value, salt, account_id, at) "
        "VALUES (?, 'mail', 'x', '00', NULL, '')",
        (at,),
    )
    return at


def delete_an_entry(dice: random.Random) -> int | None:
    at = one(dice)
    db.execute("DELETE FROM audit_entry WHERE id = ?", (at,))
    if dice.random() < 0.5:
        return at
    db.execute("DELETE FROM audit_value WHERE entry_id = ?", (at,))
    db.execute("DELETE FROM audit_leaf WHERE number = ?", (at,))
    if dice.random() < 0.5:  # close the gap
        db.execute("UPDATE audit_leaf SET number = -number WHERE number > ?", (at,))
        db.execute("UPDATE audit_leaf SET number = -number - 1 WHERE number < 0")
        return at + 1 if at < SIZE else None
    return None


def delete_a_place(dice: random.Random) -> None:
    db.execute("DELETE FROM audit_leaf WHERE number = ?", (one(dice),))


def swap(dice: random.Random, table: str, key: str, columns: str) -> int:
    """Give two rows each other's columns; returns the first of them."""
    first, second = sorted(dice.sample(range(1, SIZE + 1), 2))
    sql = f"SELECT {columns} FROM {table} WHERE {key} = ?"
    rows = [db.query(sql, (at,))[0] for at in (first, second)]
    marks = ", ".join(f"{column} = ?" for column in columns.split(", "))
    for at, row in ((first, rows[1]), (second, rows[0])):
        db.execute(f"UPDATE {table} SET {marks} WHERE {key} = ?", (*row, at))
    return first


def swap_entries(dice: random.Random) -> int:
    return swap(dice, "audit_entry", "id", ", ".join(ENTRY))


def swap_hashes(dice: random.Random) -> int:
    return swap(dice, "audit_leaf", "number", "hash")


def swap_places(dice: random.Random) -> int:
    first, second = sorted(dice.sample(range(1, SIZE + 1), 2))
    for old, new in ((first, -1), (second, first), (-1, second)):
        db.execute("UPDATE audit_leaf SET number = ? WHERE number = ?", (new, old))
    return second  # it stands in the first place now


def forged() -> tuple[Any, ...]:
    return ("2026-11-20T12:00:00.000000Z", "system", None, "a.b", "", None, "{}", "{}", "")


def put_in_an_entry(dice: random.Random) -> int | None:
    number = dice.choice([0, -4, SIZE + 1, SIZE + 9])
    columns, marks = audit.COLUMNS, ", ".join("?" * 10)
    row = (number, *forged())
    db.execute(f"INSERT INTO audit_entry ({columns}) VALUES ({marks})", row)
    if dice.random() < 0.3:
        return number
    place = dice.randint(1, SIZE + 1)
    db.execute("UPDATE audit_leaf SET number = -number WHERE number >= ?", (place,))
    db.execute("UPDATE audit_leaf SET number = -number + 1 WHERE number < 0")
    db.execute(
        "INSERT INTO audit_leaf (number, entry_id, hash) VALUES (?, ?, ?)",
        (place, number, audit.leaf_of(place, row).hex()),
    )
    return place if place <= SIZE else None


def cut_the_rows(dice: random.Random) -> None:
    last = dice.randint(0, SIZE - 1)
    for table, column in CUT:
        db.execute(f"DELETE FROM {table} WHERE {column} > ?", (last,))


CUT = (("audit_value", "entry_id"), ("audit_leaf", "number"), ("audit_entry", "id"))


def roll_the_tree_back(dice: random.Random) -> None:
    write_tree(dice.randint(0, SIZE - 1))


def change_the_tree(dice: random.Random) -> None:
    what = dice.randrange(4)
    if what == 0:
        db.execute("DELETE FROM audit_tree")
    elif what == 1:
        db.execute("INSERT INTO audit_tree (id, size, peaks) VALUES (2, 0, '[]')")
    else:
        column = ["size", "peaks"][what - 2]
        while not set_column(dice, "audit_tree", "id", 1, column):
            pass


def empty_everything(dice: random.Random) -> None:
    db.execute("DELETE FROM audit_leaf")
    if dice.random() < 0.5:
        db.execute("DELETE FROM audit_entry")


EDITS: list[Edit] = [
    *[change_an_entry] * 6,
    *[change_a_value] * 3,
    *[delete_an_entry, swap_entries, put_in_an_entry] * 2,
    renumber_an_entry,
    change_a_hash,
    point_a_place_elsewhere,
    renumber_a_place,
    move_a_value,
    put_in_a_value,
    delete_a_place,
    swap_hashes,
    swap_places,
    cut_the_rows,
    roll_the_tree_back,
    change_the_tree,
    empty_everything,
]


# Edits with all hashes made anew: only a head from outside shows them.


def write_tree(size: int) -> None:
    peaks: list[bytes] = []
    for done, leaf in enumerate(checking.leaves()[:size]):
        peaks = merkle.append(peaks, done, leaf)
    text = db.dump_json([peak.hex() for peak in peaks])
    db.execute("UPDATE audit_tree SET size = ?, peaks = ?", (size, text))


def write_anew() -> None:
    """Make the hashes of what stands there now."""
    sql = f"SELECT {audit.COLUMNS} FROM audit_entry ORDER BY id"
    db.execute("DELETE FROM audit_leaf")
    for place, row in enumerate(db.query(sql), 1):
        leaf = audit.leaf_of(place, row).hex()
        db.execute("INSERT INTO audit_leaf VALUES (?, ?, ?)", (place, row[0], leaf))
    write_tree(len(checking.leaves()))


def cut_the_end(dice: random.Random) -> None:
    cut_the_rows(dice)
    write_tree(len(checking.leaves()))


def change_and_write_anew(dice: random.Random) -> None:
    number = one(dice)
    db.execute("UPDATE audit_entry SET action = 'b.c' WHERE id = ?", (number,))
    write_anew()


def delete_and_write_anew(dice: random.Random) -> None:
    number = one(dice)
    db.execute("DELETE FROM audit_value WHERE entry_id = ?", (number,))
    db.execute("DELETE FROM audit_entry WHERE id = ?", (number,))
    write_anew()


REWRITTEN: list[Edit] = [cut_the_end, change_and_write_anew, delete_and_write_anew]


# The proofs


@contextmanager
def nothing_in_the_way() -> Iterator[None]:
    """Take triggers and foreign keys away and give everything back afterwards."""
    if db.is_postgres():
        db.execute("SET session_replication_role = replica")
    else:
        db.execute("PRAGMA foreign_keys = 0")
        for (name,) in db.query("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            db.execute(f"DROP TRIGGER {name}")
    yield


def unseen(
    count: int, head: checking.Head, edits: list[Edit], against: checking.Head | None
) -> list[str]:
    """Do so many edits, each taken back; name those that verify did not find or name rightly."""
    missed = []
    with nothing_in_the_way():
        assert checking.verify(head) == []
        for seed in range(count):
            dice = random.Random(seed)
            edit = edits[seed % len(edits)]
            with db.database.atomic() as work:
                entry = edit(dice)
                faults = checking.verify(against)
                if not faults or (entry is not None and faults[0].entry != entry):
                    missed.append(f"{seed} {edit.__name__} {entry}: {faults[:1]}")
                work.rollback()
        assert checking.verify(head) == []
    return missed


def log_and_head(app: Flask) -> checking.Head:
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        fill(clocked(app))
        return checking.head(clocked(app))


@pytest.fixture
def head(make_portal: Callable[..., Flask], any_url: str) -> checking.Head:
    """The head of a log with some entries, on each engine."""
    return log_and_head(make_portal(any_url, plugins=[]))


def test_two_hundred_random_edits_are_found_and_named(head: checking.Head) -> None:
    assert unseen(150, head, EDITS, None) == []
    assert unseen(50, head, REWRITTEN, head) == []


@pytest.mark.full
@pytest.mark.timeout(1_200)
def test_ten_thousand_random_edits_are_found_and_named(head: checking.Head) -> None:
    assert unseen(9_000, head, EDITS, None) == []
    assert unseen(1_000, head, REWRITTEN, head) == []


def test_without_comparing_hashes_edits_would_go_unseen(
    head: checking.Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_same", lambda found, stored: True)

    assert len(unseen(60, head, EDITS, None)) > 10


def test_without_a_head_from_outside_a_cut_end_would_go_unseen(head: checking.Head) -> None:
    assert len(unseen(30, head, REWRITTEN, None)) == 30
