"""What people of an organisation do with its shortlist: add, note, remove."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from plugins.partners.interface import KIND
from plugins.saved import queries, rules
from plugins.saved.models import Entry, Note
from plugins.search.interface import cards_of
from portal import db, undo
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.organisations.models import Organisation

_ADD = (
    "INSERT INTO saved_entry (organisation_id, partner_id, account_id, added_at) "
    "VALUES (?, ?, ?, ?) ON CONFLICT (organisation_id, partner_id) DO UPDATE "
    "SET removed_at = NULL, account_id = excluded.account_id, added_at = excluded.added_at "
    "WHERE saved_entry.removed_at IS NOT NULL RETURNING id"
)


def add(ctx: Context, organisation: Organisation, slugs: Sequence[str]) -> int:
    """Put partners on an organisation's shortlist; returns how many were not there before.

    Raises Invalid when none of them can be found, Conflict when the list is full.
    """
    ids = queries.ids_of(slugs)
    there = cards_of(KIND, ids.values())
    public = [number for number in ids.values() if number in there]
    if not public:
        raise Invalid(_("None of these partners can be found any more."))
    now, added = db.utc_text(ctx.clock.now()), 0
    with db.transaction():
        if db.is_postgres():
            lock = "SELECT id FROM organisation WHERE id = ? FOR NO KEY UPDATE"
            db.query(lock, (organisation.id,))
        for number in public:
            added += len(db.query(_ADD, (organisation.id, number, ctx.actor.account_id, now)))
        if len(queries.entries(organisation.id)) > rules.MOST_ENTRIES:
            raise Conflict(
                _(
                    "A shortlist holds at most %(num)s partners. Remove some first.",
                    num=rules.MOST_ENTRIES,
                )
            )
    return added


def remove(ctx: Context, entry: Entry) -> None:
    """Take a partner from the shortlist; its notes go along, and come back with it."""
    with db.transaction():
        Entry.update(removed_at=ctx.clock.now()).where(Entry.id == entry.id).execute()


def bring_back(ctx: Context, organisation: str, partner: str) -> None:
    """Put a partner back that was taken from the shortlist."""
    owner, _role = queries.owner(ctx, organisation)
    with db.transaction():
        found = queries.entry(owner.id, partner, is_removed=True)
        Entry.update(removed_at=None).where(Entry.id == found.id).execute()


def write(ctx: Context, entry: Entry, text: str) -> Note:
    """Note something about a partner, for the people of the organisation. Raises Invalid, Conflict."""
    text = rules.clean(text, rules.LONGEST_NOTE, "text")
    with db.transaction():
        if len(queries.notes([entry.id]).get(entry.id, ())) >= rules.MOST_NOTES:
            raise Conflict(_("There are many notes already. Remove some first."))
        made: Note = Note.create(
            public_id=secrets.token_hex(8),
            entry=entry.id,
            account=ctx.actor.account_id,
            text=text,
            written_at=ctx.clock.now(),
        )
    return made


def note_of(organisation_id: int, public_id: str) -> Note:
    """Return a note on an organisation's shortlist, put away or not. Raises NotFound."""
    found: Note | None = (
        Note.select()
        .join(Entry)
        .where(Note.public_id == public_id, Entry.organisation == organisation_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def remove_note(ctx: Context, organisation: Organisation, role: str, public_id: str) -> None:
    """Put a note away: those who wrote it may, and administrators of the organisation."""
    note: Any = note_of(organisation.id, public_id)
    if note.account_id != ctx.actor.account_id and role != "OrgAdmin":
        raise NotAllowed(_("Whoever wrote a note can remove it, and your administrators."))
    with db.transaction():
        Note.update(removed_at=ctx.clock.now()).where(Note.id == note.id).execute()


def bring_note_back(ctx: Context, organisation: str, note: str) -> None:
    """Put a note back that was removed."""
    owner, _role = queries.owner(ctx, organisation)
    with db.transaction():
        found = note_of(owner.id, note)
        Note.update(removed_at=None).where(Note.id == found.id).execute()


undo.register("saved.entry", bring_back)
undo.register("saved.note", bring_note_back)
