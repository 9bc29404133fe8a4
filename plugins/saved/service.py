"""What people do with saved searches: keep, name, choose when to be told, pause, remove, feed."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, Signer

from plugins.saved import queries, rules
from plugins.saved.models import Entry, Look, Note, SavedSearch
from plugins.search.interface import SearchPage
from portal import db, settings, undo
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _, ngettext
from portal.people.models import Account

KEPT_REMOVED = timedelta(hours=1)


def keep(
    ctx: Context, page: SearchPage, state: str, name: str, rhythm: str, known: Collection[int],
    seq: int,
) -> SavedSearch:  # fmt: skip
    """Keep a search of the actor's. It finds `known` already, up to the number `seq` of the log.

    Raises Invalid naming the field, Conflict for one too many or one that is kept already.
    """
    name, rhythm = rules.clean(name, rules.LONGEST_NAME, "name"), _checked(rhythm)
    account_id = ctx.actor.account_id
    with db.transaction():
        _hold(account_id or 0)
        mine = queries.own(ctx)
        most = settings.of(ctx, "saved")["most_searches"]
        if len(mine) >= most:
            raise Conflict(
                ngettext(
                    "You keep a search already, as many as you may. Delete it first.",
                    "You keep %(num)s searches already, as many as you may. Delete one first.",
                    most,
                )
            )
        for row in mine:
            if (row.kind, row.state) == (page.kind, state):
                raise Invalid(
                    _("You keep this search already, as “%(name)s”.", name=row.name), "name"
                )
        made: SavedSearch = SavedSearch.create(
            public_id=secrets.token_hex(8),
            account=account_id,
            kind=page.kind,
            state=state,
            name=name,
            rhythm=rhythm,
            created_at=ctx.clock.now(),
            since_seq=seq,
            known=rules.packed(known),
        )
    return made


def _hold(account_id: int) -> None:
    """Let others who keep a search for this account wait until this is done."""
    if db.is_postgres():
        db.query("SELECT id FROM account WHERE id = ? FOR NO KEY UPDATE", (account_id,))


def _checked(rhythm: str) -> str:
    if rhythm not in rules.RHYTHMS:
        raise Invalid(_("Choose when you want to be told."), "rhythm")
    return rhythm


def change(ctx: Context, row: SavedSearch, name: str, rhythm: str) -> None:
    """Give a search another name, or tell of it at other times. Raises Invalid."""
    name, rhythm = rules.clean(name, rules.LONGEST_NAME, "name"), _checked(rhythm)
    values: dict[str, Any] = {"name": name, "rhythm": rhythm}
    with db.transaction():
        now = _locked(row)
        if rhythm == rules.NEVER:
            values |= {"waiting": b"", "due_at": None}
        elif now.waiting:
            hour = settings.of(ctx, "saved")["hour"]
            values["due_at"] = rules.next_due(ctx.clock.now(), rhythm, hour)
        _update(row, **values)


def pause(ctx: Context, row: SavedSearch) -> None:
    """Look for nothing in a search until it goes on; what came meanwhile is found then."""
    with db.transaction():
        _update(row, paused_at=ctx.clock.now(), since_seq=_seen(_locked(row)))


def go_on(ctx: Context, row: SavedSearch) -> None:
    """Look again; the next look begins where the search was paused."""
    with db.transaction():
        _update(row, paused_at=None)


def remove(ctx: Context, row: SavedSearch) -> None:
    """Put a search away; it is deleted an hour later."""
    with db.transaction():
        _update(row, removed_at=ctx.clock.now(), since_seq=_seen(_locked(row)))


def restore(ctx: Context, number: str) -> None:
    """Bring back a search that the actor put away."""
    with db.transaction():
        _update(queries.find(ctx, number, is_removed=True), removed_at=None)


undo.register("saved.search", restore)


def _locked(row: SavedSearch) -> SavedSearch:
    """Return a search as it is now; looks wait until this is done."""
    found = SavedSearch.select().where(SavedSearch.id == row.id)
    now: SavedSearch | None = (found.for_update() if db.is_postgres() else found).first()
    if now is None:
        raise NotFound
    return now


def _seen(row: SavedSearch) -> int:
    """Return up to which number of the log the looks have seen for a search."""
    if row.since_seq is not None:
        return int(row.since_seq)
    return int(Look.get_by_id(row.kind).seq)


def _update(row: SavedSearch, **values: Any) -> None:
    SavedSearch.update(**values).where(SavedSearch.id == row.id).execute()


# The secret address of a feed: signed, it follows from a random number in the table


def open_feed(ctx: Context, row: SavedSearch) -> None:
    """Give the feed of a search an address, or another one: the old one leads nowhere from now on."""
    with db.transaction():
        _update(row, nonce=secrets.token_hex(8))


def close_feed(ctx: Context, row: SavedSearch) -> None:
    """Take the address of a search's feed away."""
    with db.transaction():
        _update(row, nonce="")


def feed_path(row: SavedSearch) -> str:
    """Return the secret path of a search's feed without its ending, empty when there is none."""
    return f"/saved/{_signed(row.public_id, row.nonce)}" if row.nonce else ""


def of_feed(token: str) -> SavedSearch:
    """Return whose feed a secret address is. Raises NotFound for old and made-up ones."""
    try:
        public_id, _dash, nonce = _signer().unsign(token).decode().partition("-")
    except (BadSignature, UnicodeError):
        raise NotFound from None
    row: SavedSearch | None = (
        SavedSearch.select(SavedSearch, Account)
        .join(Account)
        .where(SavedSearch.public_id == public_id, *queries.KEPT, Account.disabled_at.is_null())
        .first()
    )
    if row is None or not row.nonce or row.nonce != nonce or _signed(public_id, nonce) != token:
        raise NotFound
    return row


def _signed(public_id: str, nonce: str) -> str:
    return _signer().sign(f"{public_id}-{nonce}").decode()


def _signer() -> Signer:
    return Signer(str(current_app.config["SECRET_KEY"]), salt="saved.feed")


def expire(ctx: Context) -> None:
    """Delete what was put away an hour ago and not brought back."""
    before = ctx.clock.now() - KEPT_REMOVED
    with db.transaction():
        for table in (SavedSearch, Note, Entry):
            table.delete().where(table.removed_at < before).execute()
