"""What pages and services ask about notices, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import current_app, g
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from plugins.notices import rules
from plugins.notices.models import Bounce, Choice, Notice
from plugins.notices.rules import Kind
from portal import db, objects
from portal.context import Context
from portal.errors import NotFound
from portal.people.models import Account

PAGE = 30
_WAITING = (
    "SELECT (SELECT COUNT(*) FROM notices_notice WHERE account_id = ? AND read_at IS NULL), "
    "(SELECT COUNT(*) FROM notices_bounce b JOIN account a ON a.email = b.address "
    "WHERE a.id = ? AND b.stopped_at IS NOT NULL)"
)


def kinds(ctx: Context) -> dict[str, Kind]:
    """Return the kinds that active plugins declare, by name."""
    hooks = current_app.extensions["portal"].registry.hooks
    found = {}
    for plugin, answers in hooks.call("notice_list", ctx):
        for raw in answers:
            try:
                kind = rules.checked_kind(plugin, raw)
            except ValueError as error:
                hooks.failed(plugin, "notice_list", error)
            else:
                found[kind.name] = kind
    return found


def kind(ctx: Context, name: str) -> Kind:
    """Return a kind; one that nobody declares at present is told at once."""
    return kinds(ctx).get(name) or Kind(name, name)


def choices(account_id: int, known: Iterable[Kind]) -> dict[str, str]:
    """Return for each kind how a person wants to be told."""
    made = {row.kind: row.how for row in Choice.select().where(Choice.account == account_id)}
    return {
        item.name: item.default if item.is_fixed else made.get(item.name, item.default)
        for item in known
    }


def reader(account_id: int) -> Account | None:
    """Return whom one may write to: an open account whose address was confirmed."""
    found: Account | None = Account.get_or_none(
        Account.id == account_id, Account.disabled_at.is_null(), Account.verified_at.is_null(False)
    )
    return found


def waiting(account_id: int) -> tuple[int, bool]:
    """Return how many notices a visitor did not read, and whether mails to them come back.

    One statement a request: each page shows it.
    """
    if "notices_waiting" not in g:
        unread, bounces = db.query(_WAITING, (account_id, account_id))[0]
        g.notices_waiting = int(unread), bool(bounces)
    found: tuple[int, bool] = g.notices_waiting
    return found


def notices(account_id: int, before: int | None) -> tuple[list[Notice], int | None]:
    """Return a page of a person's notices, newest first, and the key of the next page."""
    found: Any = Notice.select().where(Notice.account == account_id)
    return _paged(found, Notice, before, PAGE)


def leads_somewhere(path: str) -> bool:
    """Whether a page answers at a path: what an inactive plugin told leads nowhere for the time."""
    try:
        endpoint, _values = current_app.url_map.bind("").match(path.partition("?")[0])
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    registry = objects.registry()
    owner = registry.owner(endpoint)
    return owner is None or registry.is_active(owner)


def bounces(before: int | None, most: int = PAGE) -> tuple[list[Bounce], int | None]:
    """Return a page of the addresses from which mails came back, newest first."""
    return _paged(Bounce.select(), Bounce, before, most)


def _paged(query: Any, model: Any, before: int | None, most: int) -> tuple[list[Any], int | None]:
    if before is not None:
        query = query.where(model.id < before)
    rows = list(query.order_by(model.id.desc()).limit(most + 1))
    return rows[:most], rows[most - 1].id if len(rows) > most else None


def bounce(number: int) -> Bounce:
    """Return a bounce. Raises NotFound."""
    found: Bounce | None = Bounce.get_or_none(Bounce.id == number)
    if found is None:
        raise NotFound
    return found


def own_bounce(account_id: int) -> Bounce | None:
    """Return what came back from a person's address, if nothing is sent there any more."""
    account: Account = Account.get_by_id(account_id)
    found: Bounce | None = Bounce.get_or_none(
        Bounce.address == account.email, Bounce.stopped_at.is_null(False)
    )
    return found
