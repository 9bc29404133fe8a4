"""Telling people, by mail at once or once a day; reading, choosing, stopping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, Signer

from plugins.notices import queries, rules
from plugins.notices.models import Choice, Notice
from plugins.notices.rules import AT_ONCE, DAILY, NONE, Kind
from portal import db, mail, objects, settings
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.hookspecs import Progress
from portal.i18n import _, in_locale
from portal.organisations.models import Organisation
from portal.people.models import Account
from portal.people.rules import own_path

MOST_LISTED = 50
"""Notices that a daily mail names; of more it says how many there are."""
BATCH = 200
DIGEST = "digest"
"""In the place of a kind: the daily mail as a whole."""
_INSERT = (
    "INSERT INTO notices_notice (account_id, kind, subject, title, body, url, created_at, due_at, "
    "mailed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id"
)
_CLAIM = (
    "UPDATE notices_notice SET mailed_at = ? WHERE account_id = ? AND mailed_at IS NULL "
    "AND due_at <= ? RETURNING id"
)
_WAITING = (
    "SELECT DISTINCT account_id FROM notices_notice WHERE mailed_at IS NULL AND due_at <= ? "
    "ORDER BY account_id LIMIT ?"
)
_CHOOSE = (
    "INSERT INTO notices_choice (account_id, kind, how) VALUES (?, ?, ?) "
    "ON CONFLICT (account_id, kind) DO UPDATE SET how = excluded.how"
)


def notify(
    ctx: Context,
    account_id: int,
    kind: str,
    title: Any,
    body: Any = "",
    url: str = "",
    subject: str = "",
    is_fictional: bool | None = None,
    on_mail: Callable[[int], object] | None = None,
) -> bool:
    """Tell a person something, inside the caller's transaction.

    Title and body are texts, or `lazy_gettext(...)` with named values, which everybody reads in
    their own language; `url` is a path here. Of the same kind and `subject` (if there is one) a
    person is told once. What is about a made-up organisation is marked: as `is_fictional` says,
    else as the object does that `subject` begins with, by type and number. `on_mail` is called with
    the number of the mail in the outbox when one goes out at once, so that a file can go along.
    False when nobody can be told: no account, shut out or never confirmed.
    """
    person = queries.reader(account_id)
    if person is None:
        return False
    now, known = ctx.clock.now(), queries.kind(ctx, kind)
    how = queries.choices(account_id, [known])[kind]
    hour = settings.of(ctx, "notices")["digest_hour"]
    due_at = db.utc_text(rules.next_digest(now, hour)) if how == DAILY else None
    with in_locale(person.locale or ctx.locale):  # values that are marked words themselves
        words = [rules.stored(text) for text in (title, body)]
    made_up = _is_made_up(subject) if is_fictional is None else is_fictional
    words[0] |= {rules.MADE_UP: True} if made_up else {}
    url = own_path(url, "") if url.startswith("/") else ""
    moments = (db.utc_text(now), due_at, db.utc_text(now) if how == AT_ONCE else None)
    with db.transaction():
        if not db.query(
            _INSERT, (account_id, kind, subject, *map(db.dump_json, words), url, *moments)
        ):
            return True
        if how == AT_ONCE:
            number = mail.enqueue(
                ctx,
                person.email,
                "notices/notice",
                title=title,
                body=body,
                path=url,
                is_fictional=made_up,
                kind_title=known.title,
                stop_path="" if known.is_fixed else stop_path(account_id, kind),
            )
            if on_mail is not None:
                on_mail(number)
    return True


def _is_made_up(subject: str) -> bool:
    """Whether the object that a subject begins with belongs to a made-up organisation."""
    name, _blank, rest = subject.partition(" ")
    kind, number = objects.types().get(name), rest.partition(" ")[0]
    if kind is None or not kind.owner_organisation or not number.isdecimal():
        return False
    owner = getattr(kind.model, kind.owner_organisation)
    of: Any = Organisation
    found = of.select(of.id).join(kind.model, on=(owner == of.id))
    return bool(found.where(kind.model.id == int(number), of.is_fictional).exists())


# The daily mail


def send_digests(ctx: Context, progress: Progress | None = None) -> int:
    """Write the daily mails that are due; returns how many.

    Claiming a person's notices and writing the mail are one transaction, so that nobody gets two
    about the same, whatever dies between.
    """
    sent = 0
    while people := db.query(_WAITING, (db.utc_text(ctx.clock.now()), BATCH)):
        for (account_id,) in people:
            sent += _send_digest(ctx, account_id)
        if progress is not None:
            progress.report(0.5, str(sent))
    return sent


def _send_digest(ctx: Context, account_id: int) -> bool:
    now = db.utc_text(ctx.clock.now())
    with db.transaction():
        claimed = [number for (number,) in db.query(_CLAIM, (now, account_id, now))]
        person = queries.reader(account_id)
        found: Any = Notice.select().where(Notice.id.in_(claimed), Notice.read_at.is_null())
        rows = list(found.order_by(Notice.id))
        if person is None or not rows:
            return False
        mail.enqueue(
            ctx,
            person.email,
            "notices/digest",
            notices=[
                (rules.words_of(row.title), row.url, row.title.get(rules.MADE_UP))
                for row in rows[:MOST_LISTED]
            ],
            count=len(rows),
            more=max(0, len(rows) - MOST_LISTED),
            stop_path=stop_path(account_id, DIGEST),
        )
    return True


# Reading


def open_notice(ctx: Context, number: int) -> str:
    """Mark a notice as read and return the path it leads to. Raises NotFound for others' notices."""
    with db.transaction():
        row: Notice | None = Notice.get_or_none(
            Notice.id == number, Notice.account == ctx.actor.account_id
        )
        if row is None:
            raise NotFound
        mark_read(ctx, number)
    return row.url


def mark_read(ctx: Context, number: int | None = None) -> None:
    """Mark one of the actor's notices as read, or all."""
    which = [Notice.account == ctx.actor.account_id, Notice.read_at.is_null()]
    if number is not None:
        which.append(Notice.id == number)
    with db.transaction():
        Notice.update(read_at=ctx.clock.now()).where(*which).execute()


# Choosing


def choose(ctx: Context, wanted: Mapping[str, str]) -> None:
    """Keep how the actor wants to be told. Raises Invalid with the kind as field."""
    known = queries.kinds(ctx)
    for name, how in wanted.items():
        if name not in known or known[name].is_fixed or how not in rules.HOWS:
            raise Invalid(_("Choose at once, once a day or no mail."), name)
    account_id = ctx.actor.account_id or 0
    with db.transaction():
        for name, how in wanted.items():
            _choose(account_id, known[name], how)


def _choose(account_id: int, kind: Kind, how: str) -> None:
    if how == kind.default:
        Choice.delete().where(Choice.account == account_id, Choice.kind == kind.name).execute()
    else:
        db.execute(_CHOOSE, (account_id, kind.name, how))
    if how != DAILY:
        here = (Notice.account == account_id, Notice.kind == kind.name, Notice.mailed_at.is_null())
        Notice.update(due_at=None).where(*here).execute()


# Stopping mails without signing in (RFC 8058)


def stop_path(account_id: int, kind: str) -> str:
    """Return the signed path at which a person stops the mails of a kind, or the daily mail."""
    return f"/notices/stop/{signed('stop', account_id, kind)}"


def whose_stop(ctx: Context, token: str) -> tuple[int, str, Any]:
    """Return account, kind and title of the signed path. Raises NotFound for a made-up one."""
    account_id, kind = opened("stop", token)
    if kind == DIGEST:
        return account_id, kind, _("Daily mail")
    return account_id, kind, queries.kind(ctx, kind).title


def stop(ctx: Context, token: str) -> None:
    """Stop the mails that a signed path is about. Raises NotFound for a made-up one."""
    account_id, name, _title = whose_stop(ctx, token)
    if not Account.select().where(Account.id == account_id).exists():
        raise NotFound
    known = queries.kinds(ctx)
    now = queries.choices(account_id, known.values())
    daily = [kind for kind in known.values() if now[kind.name] == DAILY and not kind.is_fixed]
    with db.transaction():
        for kind in daily if name == DIGEST else [queries.kind(ctx, name)]:
            _choose(account_id, kind, NONE)


def signed(purpose: str, account_id: int, more: str) -> str:
    """Return a short token that names an account and can't be made up."""
    return _signer(purpose).sign(f"{account_id}-{more}").decode()


def opened(purpose: str, token: str) -> tuple[int, str]:
    """Return what a token names. Raises NotFound when it was made up."""
    try:
        text, _dash, more = _signer(purpose).unsign(token).decode().partition("-")
        account_id = int(text)
    except (BadSignature, UnicodeError, ValueError):
        raise NotFound from None
    if signed(purpose, account_id, more) != token:  # several texts read as the same signature
        raise NotFound
    return account_id, more


def _signer(purpose: str) -> Signer:
    return Signer(str(current_app.config["SECRET_KEY"]), salt=f"notices.{purpose}")
