"""Mails: written into the outbox with the deed they tell of, sent soon after by the worker.

A mail is stored once and sent at least once; a copy carries the same Message-ID. Its text is
`templates/mail/KIND.txt` (a plugin's: `PLUGIN/mail/KIND.txt` for the kind `PLUGIN/KIND`), the
subject being the first line. Values are put into sentences as they are: never pass on what a
stranger typed to an address that nobody confirmed.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app
from peewee import AutoField, IntegerField, TextField

from portal import db, settings
from portal.clock import Clock
from portal.config import Config
from portal.context import SYSTEM, Context
from portal.errors import ConfigError
from portal.i18n import in_locale

log = logging.getLogger("portal.mail")

LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 12
BATCH = 20
SMTP_SECONDS = 20
KEPT_FOR = timedelta(days=30)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

Post = Callable[["Outbox", EmailMessage], object]


class Outbox(db.Model):
    """A mail. `due_at` is when to try (again), or how long the one who tries has it to himself."""

    id = AutoField()
    recipient = TextField()
    subject = TextField()
    text = TextField()
    html = TextField(default="")
    locale = TextField(default="en")
    kind = TextField()
    created_at = db.UtcDateTime()
    due_at = db.UtcDateTime()
    sent_at = db.UtcDateTime(null=True)
    attempts = IntegerField(default=0)
    error = TextField(default="")

    class Meta:
        table_name = "outbox"


def enqueue(ctx: Context, to: str, kind: str, **values: Any) -> int:
    """Write a mail into the outbox, inside the caller's transaction; returns its number.

    Speaks the language of the account with that address, else that of the context. Templates
    also get `base_url`, `site_name` and `to`. Raises ValueError for what is no mail address.
    """
    if not settings.MAIL.fullmatch(to):
        raise ValueError(f"Mail address {to!r}. Expected name@domain and nothing else.")
    config: Config = current_app.config["PORTAL"]
    base_url = config.base_url.rstrip("/")
    locale = _language(to) or ctx.locale
    folder, _slash, name = kind.rpartition("/")
    values |= {"base_url": base_url, "site_name": settings.of(ctx)["site_name"], "to": to}
    with in_locale(locale):
        # The environment itself: a page's values belong to who asks, not to who gets the mail.
        env = current_app.jinja_env
        whole = env.get_template(f"{folder}/mail/{name}.txt".lstrip("/")).render(values)
        subject, _line, text = whole.strip().partition("\n")
        html = env.get_template("mail/letter.html").render(
            values
            | {"locale": locale, "subject": subject, "paragraphs": text.strip().split("\n\n")}
        )
    now = ctx.clock.now()
    with db.transaction():
        row = Outbox.create(
            recipient=to, subject=" ".join(subject.split()), text=text.strip() + "\n", html=html,
            locale=locale, kind=kind, created_at=now, due_at=now,
        )  # fmt: skip
    return int(row.id)


def _language(recipient: str) -> str:
    rows = db.query("SELECT locale FROM account WHERE email = ?", (recipient.lower(),))
    return rows[0][0] if rows and rows[0][0] in settings.of()["languages"] else ""


def deliver_due(
    config: Config, clock: Clock, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Send the mails that are due, at most a batch; returns how many went out."""
    sent, hooks = 0, current_app.extensions["portal"].registry.hooks
    ctx = Context(SYSTEM, clock=clock)
    with contextlib.ExitStack() as stack:
        post: Post | None = None
        for number in _due(clock.now()):
            row = None if is_stopping() else _claim(number, clock.now())
            if row is None:
                continue
            try:
                post = post or stack.enter_context(_office(config))
                message = build(row, config)
                for _plugin, reason in hooks.call("mail_sending", ctx, mail=row, message=message):
                    raise ValueError(reason)
                post(row, message)
            except (OSError, smtplib.SMTPException, ValueError, ConfigError) as error:
                _note_failure(row, clock.now(), error)
                if not isinstance(error, (smtplib.SMTPResponseException, ValueError)):
                    post = None  # the line is gone: the next mail calls again
                continue
            _note_sent(row, clock.now())
            sent += 1
    return sent


def _due(now: datetime) -> list[int]:
    rows = db.query(
        "SELECT id FROM outbox WHERE sent_at IS NULL AND due_at <= ? AND attempts < ? "
        "ORDER BY due_at, id LIMIT ?",
        (db.utc_text(now), MOST_ATTEMPTS, BATCH),
    )
    return [number for (number,) in rows]


def _claim(number: int, now: datetime) -> Outbox | None:
    """Take a mail for the length of a lease; None when somebody else has it."""
    with db.transaction():
        taken = (
            Outbox.update(attempts=Outbox.attempts + 1, due_at=now + LEASE)
            .where(Outbox.id == number, Outbox.sent_at.is_null(), Outbox.due_at <= now)
            .execute()
        )
        return Outbox.get_by_id(number) if taken else None


def _note_sent(row: Outbox, now: datetime) -> None:
    """Mark a mail as sent and forget its text: it may hold a link that opens an account."""
    with db.transaction():
        Outbox.update(sent_at=now, error="", text="", html="").where(Outbox.id == row.id).execute()


def _note_failure(row: Outbox, now: datetime, error: Exception) -> None:
    """Keep the error and say when to try again; an address refused for good is not tried again."""
    log.warning("Mail %s was not sent (attempt %s): %s", row.id, row.attempts, error)
    pause = min(FIRST_PAUSE * 2 ** (row.attempts - 1), LONGEST_PAUSE)
    attempts = MOST_ATTEMPTS if _is_final(error) else row.attempts
    with db.transaction():
        Outbox.update(error=str(error)[:500], due_at=now + pause, attempts=attempts).where(
            Outbox.id == row.id
        ).execute()


def _is_final(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    return isinstance(error, ValueError)


def build(row: Outbox, config: Config) -> EmailMessage:
    """Build the message of an outbox row: the same row always gives the same Message-ID."""
    host = urlsplit(config.base_url).hostname or "localhost"
    mark = hashlib.sha256(f"{row.id} {row.created_at} {row.recipient}".encode()).hexdigest()[:24]
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{row.id}.{mark}@{host}>"
    message["Date"] = row.created_at
    name = settings.of()["site_name"] if current_app else config.site_name
    message["From"] = Address(name, addr_spec=config.mail_from)
    message["To"] = Address(addr_spec=row.recipient)
    message["Subject"] = row.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.text, cte=_encoding(row.text))
    if row.html:
        message.add_alternative(row.html, subtype="html")
    message["Content-Language"] = row.locale
    return message


def _encoding(text: str) -> str | None:
    """Leave text as it is where mail allows that: links stay whole in the files people read."""
    if max((len(line) for line in text.encode().splitlines()), default=0) > 900:
        return None
    return "7bit" if text.isascii() else "8bit"


@contextlib.contextmanager
def _office(config: Config) -> Iterator[Post]:
    """Open where mails go: a mail server, or the folder `mail/` of the instance."""
    if config.mail_url:
        with _smtp(config.mail_url) as server:
            yield lambda _row, message: server.send_message(message)
    else:
        yield lambda row, message: _write(config.instance_path / "mail", row, message)


def _smtp(url: str) -> smtplib.SMTP:
    """Connect to smtp:// (encrypted where another machine offers it) or smtps://.

    Raises ConfigError for another scheme.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=SMTP_SECONDS, context=ssl.create_default_context()
        )
    elif parts.scheme == "smtp":
        server = smtplib.SMTP(host, parts.port or 25, timeout=SMTP_SECONDS)
        server.ehlo()
        if server.has_extn("starttls") and host not in LOOPBACK:
            server.starttls(context=ssl.create_default_context())
    else:
        raise ConfigError(f"PORTAL_MAIL_URL is {url!r}. Expected smtp://... or smtps://...")
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _write(folder: Path, row: Outbox, message: EmailMessage) -> None:
    """Write a mail as a file, whole or not at all; the same mail always has the same name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{row.id:08d}-{row.kind.replace('/', '-')}.eml"
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        file.write(message.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def expire(clock: Clock) -> None:
    """Delete the rows of mails that went out, or were given up, long ago."""
    oldest = clock.now() - KEPT_FOR
    with db.transaction():
        Outbox.delete().where(
            Outbox.created_at < oldest,
            Outbox.sent_at.is_null(False) | (Outbox.attempts >= MOST_ATTEMPTS),
        ).execute()
