"""The personal calendar: a secret address that calendars look at, one file for one person."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from plugins.notices import service
from plugins.notices.models import Calendar
from portal import db, settings
from portal.context import MEMBER, Actor, Context
from portal.errors import NotFound
from portal.i18n import _
from portal.later import Later
from portal.people.models import Account

ical = Later("icalendar")

MOST_EVENTS = 1_000


def path_of(account_id: int) -> str:
    """Return the secret path of a person's calendar, empty when there is none."""
    row: Calendar | None = Calendar.get_or_none(Calendar.account == account_id)
    return f"/calendar/{service.signed('calendar', account_id, row.nonce)}.ics" if row else ""


def renew(ctx: Context) -> None:
    """Give the actor's calendar an address, or another one: the old one leads nowhere from now on."""
    with db.transaction():
        close(ctx)
        Calendar.create(
            account=ctx.actor.account_id, nonce=secrets.token_hex(8), made_at=ctx.clock.now()
        )


def close(ctx: Context) -> None:
    """Take the actor's calendar address away."""
    with db.transaction():
        Calendar.delete().where(Calendar.account == ctx.actor.account_id).execute()


def owner(token: str) -> Account:
    """Return whose calendar a secret address is. Raises NotFound for old and made-up ones."""
    account_id, nonce = service.opened("calendar", token)
    row: Calendar | None = Calendar.get_or_none(
        Calendar.account == account_id, Calendar.nonce == nonce
    )
    person = Account.get_or_none(Account.id == account_id, Account.disabled_at.is_null())
    if row is None or person is None:
        raise NotFound
    return person  # type: ignore[no-any-return]


def build(ctx: Context, person: Account) -> bytes:
    """Return what belongs into a person's calendar, as they may see it; in the current language."""
    asking = ctx.as_actor(Actor(person.id, person.name, frozenset({MEMBER, person.role})))
    file = ical.Calendar()
    file.add("prodid", "-//Tessera//Calendar//EN")
    file.add("version", "2.0")
    name = _("%(name)s at %(site)s", name=person.name, site=settings.of(ctx)["site_name"])
    file.add("x-wr-calname", name)
    hooks = current_app.extensions["portal"].registry.hooks
    for plugin, answers in hooks.call("calendar_list", asking):
        for raw in answers[:MOST_EVENTS]:
            try:
                file.add_component(_event(ctx, plugin, raw))
            except (KeyError, TypeError, ValueError) as error:
                hooks.failed(plugin, "calendar_list", error)
    return bytes(file.to_ical())


def _event(ctx: Context, plugin: str, raw: Mapping[str, Any]) -> Any:
    config = current_app.config["PORTAL"]
    mark = hashlib.sha256(f"{plugin} {raw['uid']}".encode()).hexdigest()[:32]
    event = ical.Event()
    event.add("uid", f"{mark}@{urlsplit(config.base_url).hostname or 'localhost'}")
    event.add("dtstamp", ctx.clock.now())
    event.add("summary", str(raw["title"]))
    for name, key in (("dtstart", "start"), ("dtend", "end")):
        moment = raw[key] if key == "start" else raw.get(key)
        if isinstance(moment, datetime) and moment.tzinfo is None:
            raise ValueError(f"{key} {moment!r} has no time zone.")
        if moment is not None and not isinstance(moment, date):
            raise TypeError(f"{key} {moment!r} is no day or moment.")
        if moment is not None:
            event.add(name, moment)
    if raw.get("url"):
        event.add("url", config.base_url.rstrip("/") + str(raw["url"]))
    return event
