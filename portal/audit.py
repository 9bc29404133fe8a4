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
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import rfc8785
from peewee import AutoField, ForeignKeyField, IntegerField, TextField

from portal import db, merkle
from portal.context import Context
from portal.db import BinaryText, JsonField, Model, UtcDateTime

ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)+")
LONGEST_VALUE = 320
SALT_LENGTH = 32
COLUMNS = "id, at, actor, account_id, action, subject_type, subject_id, detail, personal"
COLUMNS += ", request_id"


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
    rfc8785.dumps(detail)  # raises ValueError for what has no canonical form
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
            detail=detail,
            personal={name: commitment(*pair) for name, pair in values.items()},
        ).execute()
        for name, (value, salt) in values.items():
            who = owner(subject_type, subject_id, ctx.actor.account_id)
            kept = {"name": name, "value": value, "salt": salt, "at": entry["at"]}
            AuditValue.insert(entry=number, account_id=who, **kept).execute()
        db.before_commit(lambda: _append(number))
    return number


def commitment(value: str, salt: str) -> str:
    """Return what an entry keeps of a personal value. Raises ValueError for another length of salt."""
    if len(salt) != SALT_LENGTH:
        raise ValueError("A salt of this length lets value and salt be cut elsewhere.")
    return sha256((salt + value).encode()).hexdigest()


def _plain(value: str) -> str:
    return value.replace("\0", "").encode(errors="replace").decode()[:LONGEST_VALUE]


def owner(subject_type: str, subject_id: int | None, actor_id: int | None) -> int | None:
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
    now = size + 1, peaks_text(grown)
    db.execute("UPDATE audit_tree SET size = ?, peaks = ? WHERE id = 1", now)


def peaks_text(peaks: Sequence[bytes]) -> str:
    """Return the peaks of the tree as they are stored."""
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
