"""The audit log: who did what to what, in a Merkle tree, so that no later change goes unseen.

An entry is written inside the business transaction and takes its place in the tree as the last act
before the commit. It holds names of things and numbers, never people's words: what is personal
goes in as `SHA-256(salt || value)`, while value and salt lie in `audit_value` and may be erased;
every proof stays valid. Leaves are `SHA-256(0x00 || entry as canonical JSON)` (RFC 9162, RFC 8785).
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785
from flask import current_app
from itsdangerous import BadSignature, Signer
from peewee import AutoField, ForeignKeyField, IntegerField, ModelSelect, TextField

from portal import db, merkle
from portal.context import Context
from portal.db import BinaryText, JsonField, Model, UtcDateTime
from portal.errors import Invalid
from portal.i18n import _

ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)+")
LONGEST_VALUE = 320
SALT_LENGTH = 32
BATCH = 2_000
HEAD = re.compile(r"(\d+)\s+([0-9a-f]{64})\s+([0-9TZ:.-]{27}\.[\w-]{20,})")
COLUMNS = (
    "id, at, actor, account_id, action, subject_type, subject_id, detail, personal, request_id"
)


class AuditEntry(Model):
    """Something that was done. `actor` is account (then `account_id` says which), system or visitor."""

    id = AutoField()
    at = UtcDateTime()
    actor = TextField()
    account_id = IntegerField(null=True)
    action = BinaryText()
    subject_type = TextField(default="")
    subject_id = IntegerField(null=True)
    detail = JsonField()
    personal = JsonField()
    request_id = TextField(default="")

    class Meta:
        table_name = "audit_entry"


class AuditValue(Model):
    """A personal value to which an entry is committed; the row may be erased."""

    entry = ForeignKeyField(AuditEntry, backref="values")
    name = TextField()
    value = TextField()
    salt = TextField()
    account_id = IntegerField(null=True)
    at = UtcDateTime()

    class Meta:
        table_name = "audit_value"
        primary_key = False


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


def record(
    ctx: Context,
    action: str,
    subject_type: str = "",
    subject_id: int | None = None,
    *,
    personal: Mapping[str, str] | None = None,
    **detail: Any,
) -> int:
    """Write down an act inside the caller's transaction; returns the entry's number.

    `action` is `noun.verb_past`. What identifies people beyond an account's number goes into
    `personal`. Raises ValueError for another name of an act or for a detail that is no plain JSON.
    """
    if not ACTION.fullmatch(action):
        raise ValueError(f"Action {action!r}. Write noun.verb_past in small letters.")
    values = {
        name: (_plain(value), secrets.token_hex(SALT_LENGTH // 2))
        for name, value in (personal or {}).items()
    }
    entry = {
        "at": db.utc_text(ctx.clock.now()),
        "actor": "account" if ctx.actor.signed_in else "system" if ctx.actor.system else "visitor",
        "account_id": ctx.actor.account_id,
        "action": action,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "request_id": ctx.request_id,
    }
    with db.transaction():
        number: int = AuditEntry.insert(
            **entry,
            detail=_checked(detail),
            personal={name: commitment(*pair) for name, pair in values.items()},
        ).execute()
        for name, (value, salt) in values.items():
            AuditValue.insert(
                entry=number,
                name=name,
                value=value,
                salt=salt,
                at=entry["at"],
                account_id=_owner(subject_type, subject_id, ctx.actor.account_id),
            ).execute()
        db.before_commit(lambda: _append(number))
    return number


def commitment(value: str, salt: str) -> str:
    """Return what an entry keeps of a personal value. Raises ValueError for another length of salt."""
    if len(salt) != SALT_LENGTH:
        raise ValueError("A salt of this length lets value and salt be cut elsewhere.")
    return sha256((salt + value).encode()).hexdigest()


def _plain(value: str) -> str:
    return value.replace("\0", "").encode(errors="replace").decode()[:LONGEST_VALUE]


def _checked(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    rfc8785.dumps(dict(detail))  # raises ValueError for what has no canonical form
    return detail


def _owner(subject_type: str, subject_id: int | None, actor_id: int | None) -> int | None:
    """Whose the personal values of an entry are: the account it is about, else who acted."""
    return subject_id if subject_type == "account" else actor_id


def _append(number: int) -> None:
    """Give an entry its place in the tree; nothing to do when a savepoint took it back."""
    rows = db.query(
        f"SELECT {COLUMNS} FROM audit_entry WHERE id = ? "
        "AND NOT EXISTS (SELECT 1 FROM audit_leaf WHERE entry_id = ?)",
        (number, number),
    )
    if not rows:
        return
    lock = " FOR UPDATE" if db.is_postgres() else ""
    size, peaks = db.query(f"SELECT size, peaks FROM audit_tree WHERE id = 1{lock}")[0]
    leaf = leaf_of(size + 1, rows[0])
    grown = merkle.append([bytes.fromhex(peak) for peak in json.loads(peaks)], size, leaf)
    db.execute(
        "INSERT INTO audit_leaf (number, entry_id, hash) VALUES (?, ?, ?)",
        (size + 1, number, leaf.hex()),
    )
    db.execute("UPDATE audit_tree SET size = ?, peaks = ? WHERE id = 1", (size + 1, _text(grown)))


def _text(peaks: Sequence[bytes]) -> str:
    return db.dump_json([peak.hex() for peak in peaks])


def leaf_of(place: int, row: Sequence[Any]) -> bytes:
    """Return the hash of an entry as it is stored (the values of COLUMNS) at its place in the tree.

    Raises ValueError when its JSON is not written as the portal writes it.
    """
    entry = {"place": place, **dict(zip(COLUMNS.split(", "), row, strict=True))}
    for name in ("detail", "personal"):
        stored, entry[name] = entry[name], json.loads(entry[name])
        if db.dump_json(entry[name]) != stored:
            raise ValueError(f"{name} is not canonical")
    return merkle.leaf_hash(rfc8785.dumps(entry))


def leaves() -> list[bytes]:
    """Return the hashes of all leaves in their order: what `merkle.inclusion` and others ask for."""
    rows = db.query("SELECT hash FROM audit_leaf ORDER BY number")
    return [bytes.fromhex(leaf) for (leaf,) in rows]


def entries(
    action: str = "", account_id: int | None = None, **equal: Any
) -> ModelSelect[AuditEntry]:
    """Return a query for entries, newest first; `action` is a name or the part before its dot.

    `equal` takes further columns of AuditEntry, such as `subject_type` and `subject_id`.
    """
    found = AuditEntry.select().order_by(AuditEntry.id.desc())
    wanted = [getattr(AuditEntry, name) == value for name, value in equal.items()]
    if action:
        below = AuditEntry.action.between(f"{action}.", f"{action}.~")
        wanted.append((AuditEntry.action == action) | below)
    if account_id is not None:
        about = (AuditEntry.subject_type == "account") & (AuditEntry.subject_id == account_id)
        wanted.append((AuditEntry.account_id == account_id) | about)
    return found.where(*wanted) if wanted else found


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
    with db.snapshot():
        return list(_faults(head))


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
    if db.query("SELECT id, size, peaks FROM audit_tree") != [(1, count, _text(peaks))]:
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
    columns = ", ".join(f"e.{name}" for name in COLUMNS.split(", "))
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
        return leaf_of(place, row)
    except (ValueError, TypeError, AttributeError):
        return None


def _same(found: str, stored: Any) -> bool:
    """Compare hashes; a name of its own, so that a test can show what happens without."""
    return bool(found == stored)


def _values_fit(row: Sequence[Any], values: Sequence[Any]) -> bool:
    entry = dict(zip(COLUMNS.split(", "), row, strict=True))
    personal = json.loads(entry["personal"])
    owner = _owner(entry["subject_type"], entry["subject_id"], entry["account_id"])
    for name, value, salt, account_id, at in values:
        try:
            fits = _same(commitment(value, salt), personal.get(name))
        except (ValueError, TypeError, AttributeError):
            return False
        if not fits or (account_id, at) != (owner, entry["at"]):
            return False
    return True
