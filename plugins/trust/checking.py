"""Checks the audit log: recomputes everything, and holds it against heads from outside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any

import rfc8785
from flask import current_app
from itsdangerous import BadSignature, Signer

from plugins.trust import proofs
from portal import audit, db, mail, merkle, settings
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _

BATCH = 2_000
MOST_FAULTS = 100
HEAD = re.compile(r"(\d+)\s+([0-9a-f]{64})\s+([0-9TZ:.-]{27}\.[\w-]{20,})")


@dataclass(frozen=True)
class Head:
    """The state of the log at a moment, signed with the portal's key."""

    size: int
    root: str
    at: str
    signature: str = ""

    @property
    def text(self) -> str:
        """The line that is mailed and that `portal audit verify --head` reads."""
        return f"{self.size} {self.root} {self.at}.{self.signature}"


@dataclass(frozen=True)
class Fault:
    """Something wrong with the log: the entry's number, None where it is the log as a whole."""

    entry: int | None
    what: str


def leaves() -> list[bytes]:
    """Return the hashes of all leaves in their order: what `merkle.inclusion` and others ask for."""
    rows = db.query("SELECT hash FROM audit_leaf ORDER BY number")
    return [bytes.fromhex(leaf) for (leaf,) in rows]


@dataclass(frozen=True)
class Entry:
    """An entry as the text that its leaf is the hash of, what it says, and its place from 1 on."""

    text: str
    said: Mapping[str, Any]
    place: int


def entries(
    ctx: Context, action: str, subject_type: str, subject_id: int, size: int = 0
) -> tuple[list[Entry], list[bytes], Head]:
    """Return the entries of an act on an object, with all leaves and the head to prove them against.

    `size` asks for the log as it was then; 0 stands for now. Raises Invalid when an entry is newer.
    """
    all_of, now = leaves(), head(ctx)
    size = min(size or len(all_of), len(all_of))
    found = []
    columns = ", ".join(f"e.{name}" for name in audit.COLUMNS.split(", "))
    for place, *row in db.query(
        f"SELECT l.number, {columns} FROM audit_entry e JOIN audit_leaf l ON l.entry_id = e.id "
        "WHERE e.action = ? AND e.subject_type = ? AND e.subject_id = ? ORDER BY l.number",
        (action, subject_type, subject_id),
    ):
        if place > size:
            raise Invalid(_("That state of the log is older than a signature. Choose a later one."))
        said = {"place": place, **dict(zip(audit.COLUMNS.split(", "), row, strict=True))}
        said |= {name: json.loads(said[name]) for name in ("detail", "personal")}
        found.append(Entry(rfc8785.dumps(said).decode(), said, place))
    if size != now.size:
        now = Head(size, proofs.root_of(all_of[:size]).hex(), now.at)
    return found, all_of[:size], now


def head(ctx: Context) -> Head:
    """Return the signed state of the log.

    The signature says that somebody with this portal's key made the head, no more: who has key and
    database can sign another history. That one was changed or cut shows against a copy that was
    mailed before and lies where the portal's keepers have no hand on it.
    """
    size, peaks = db.query("SELECT size, peaks FROM audit_tree WHERE id = 1")[0]
    found = Head(
        size,
        merkle.root([bytes.fromhex(p) for p in json.loads(peaks)]).hex(),
        db.utc_text(ctx.clock.now()),
    )
    signed = _signer().sign(f"{found.size} {found.root} {found.at}").decode()
    return Head(found.size, found.root, found.at, signed.rsplit(".", 1)[1])


def read_head(text: str) -> Head:
    """Find the head in a mail or file. Raises Invalid when there is none that this portal signed."""
    for size, root, rest in HEAD.findall(text):
        at, signature = rest.rsplit(".", 1)
        try:
            _signer().unsign(f"{size} {root} {rest}")
        except BadSignature:
            continue
        return Head(int(size), root, at, signature)
    raise Invalid(_("There is no head of the audit log that was signed with this portal's key."))


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="audit-head", digest_method=sha256)


def verify(head: Head | None = None) -> list[Fault]:
    """Recompute everything; returns what is wrong, the first bad entry first, empty when all is well.

    Against a head from outside it also finds what was cut off or rewritten with all its hashes.
    Reads as of one moment and stops nobody; about 40,000 entries a second.
    """
    with reading():
        return list(islice(_faults(head), MOST_FAULTS))


@contextmanager
def reading() -> Iterator[None]:
    """Read as of one moment whatever somebody with the database put there; write nothing inside."""
    with _snapshot(), _lenient_text():
        yield


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read as of one moment, beside running writers; write nothing inside."""
    if db.database.in_transaction():
        yield
        return
    with db.database.atomic() if db.is_postgres() else db.database.atomic("DEFERRED"):
        if db.is_postgres():
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def _lenient_text() -> Iterator[None]:
    """Read texts of SQLite that are no UTF-8 as something else, instead of failing on them."""
    if db.is_postgres():
        yield
        return
    connection = db.database.connection()
    before = connection.text_factory
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    try:
        yield
    finally:
        connection.text_factory = before


def _faults(head: Head | None) -> Iterator[Fault]:
    count, due, peaks, at_head = 0, 1, list[bytes](), merkle.EMPTY
    for place, entry, stored, row, values in _stored():
        if place != due:
            yield Fault(None, _("Place %(place)s of the log is missing.", place=due))
        leaf = _leaf_or_none(place, row)
        if leaf is None or not _same(leaf.hex(), stored):
            yield Fault(entry, _("Entry %(entry)s is missing or was changed.", entry=entry))
        elif not _values_fit(row, values):
            yield Fault(entry, _("A personal value of entry %(entry)s was changed.", entry=entry))
        peaks = merkle.append(peaks, count, leaf or merkle.EMPTY)
        count, due = count + 1, place + 1
        if head and count == head.size:
            at_head = merkle.root(peaks)
    if db.query("SELECT id, size, peaks FROM audit_tree") != [(1, count, audit.peaks_text(peaks))]:
        what = _("The log has %(count)s entries, which is not what its tree says.", count=count)
        yield Fault(None, what)
    for (entry,) in db.query(
        "SELECT id FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM audit_leaf) UNION "
        "SELECT entry_id FROM audit_value WHERE entry_id NOT IN (SELECT entry_id FROM audit_leaf)"
    ):
        yield Fault(entry, _("Entry %(entry)s was put in without its place.", entry=entry))
    if head and head.size > count:
        what = _(
            "The head of %(at)s has %(size)s entries, the log only %(count)s.",
            at=head.at,
            size=head.size,
            count=count,
        )
        yield Fault(None, what)
    elif head and not _same(at_head.hex(), head.root):
        what = _(
            "The first %(size)s entries are not those of the head of %(at)s.",
            at=head.at,
            size=head.size,
        )
        yield Fault(None, what)


def _stored() -> Iterator[tuple[int, int, str, Sequence[Any], list[Any]]]:
    """Yield place, entry's number, hash, the entry's columns and values, in the order of the tree."""
    columns = ", ".join(f"e.{name}" for name in audit.COLUMNS.split(", "))
    start = -(2**31)
    while True:
        rows = db.query(
            f"SELECT l.number, l.entry_id, l.hash, {columns} FROM audit_leaf l "
            "LEFT JOIN audit_entry e ON e.id = l.entry_id WHERE l.number >= ? ORDER BY l.number LIMIT ?",
            (start, BATCH),
        )
        if not rows:
            return
        values: dict[int, list[Any]] = {}
        for entry, *value in db.query(
            "SELECT v.entry_id, v.name, v.value, v.salt, v.account_id, v.at FROM audit_value v "
            "JOIN audit_leaf l ON l.entry_id = v.entry_id WHERE l.number BETWEEN ? AND ?",
            (start, rows[-1][0]),
        ):
            values.setdefault(entry, []).append(value)
        for place, entry, stored, *row in rows:
            yield place, entry, stored, row, values.get(entry, [])
        start = rows[-1][0] + 1


def _leaf_or_none(place: int, row: Sequence[Any]) -> bytes | None:
    try:
        return audit.leaf_of(place, row)
    except (ValueError, TypeError, AttributeError):
        return None


def _same(found: str, stored: Any) -> bool:
    """Compare hashes; a name of its own, so that a test can show what happens without."""
    return bool(found == stored)


def _values_fit(row: Sequence[Any], values: Sequence[Any]) -> bool:
    entry = dict(zip(audit.COLUMNS.split(", "), row, strict=True))
    personal = json.loads(entry["personal"])
    owner = audit.owner(entry["subject_type"], entry["subject_id"], entry["account_id"])
    for name, value, salt, account_id, at in values:
        try:
            fits = _same(audit.commitment(value, salt), personal.get(name))
        except (ValueError, TypeError, AttributeError):
            return False
        if not fits or (account_id, at) != (owner, entry["at"]):
            return False
    return True


def mail_head(ctx: Context) -> None:
    """Mail the signed head to those whom the setting names."""
    current = head(ctx)
    with db.transaction():
        for address in settings.of(ctx, "trust")["audit_head_mail"]:
            mail.enqueue(ctx, address, "trust/head", head=current.text, size=current.size)
