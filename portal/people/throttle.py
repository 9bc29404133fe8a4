"""Limits on trying: so many times in a window, counted in the database for all workers together."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from portal import audit, db
from portal.context import Context
from portal.errors import TooMany
from portal.i18n import ngettext

LONGEST_WINDOW = 3_600
"""Counts older than that, in seconds, are forgotten."""


@dataclass(frozen=True)
class Limit:
    """At most `most` tries of one kind with the same key in `seconds`."""

    bucket: str
    most: int
    seconds: int

    def __post_init__(self) -> None:
        if self.seconds > LONGEST_WINDOW:
            raise ValueError(f"{self.bucket}: a window of {self.seconds} s would be forgotten.")


SIGN_IN_ADDRESS = Limit("sign-in-address", 20, 900)
"""Wrong passwords for one address: nobody mistypes twenty times, and a reset opens it again."""
SIGN_IN_NETWORK = Limit("sign-in-network", 100, 900)
"""Wrong passwords from one network: a school behind one address still gets in."""
WRONG_TOKEN = Limit("wrong-token", 60, 900)
"""Tokens of the API that are no good, from one network."""

_COUNT = (
    "INSERT INTO throttle (bucket, key_hash, window_start, count) VALUES (?, ?, ?, 1) "
    "ON CONFLICT (bucket, key_hash, window_start) DO UPDATE SET count = throttle.count + 1 "
    "RETURNING count"
)
_GIVE_BACK = (
    "UPDATE throttle SET count = count - 1 "
    "WHERE bucket = ? AND key_hash = ? AND window_start = ? AND count > 0"
)


def spend(ctx: Context, limit: Limit, key: str) -> None:
    """Count a try; call it outside the transaction of the thing tried. Raises TooMany."""
    now = int(ctx.clock.now().timestamp())
    start = now - now % limit.seconds
    with db.transaction(aside=True):
        count = db.query(_COUNT, (limit.bucket, _hash(key), start))[0][0]
        if count == limit.most + 1:  # once a window, so that nobody can flood the log
            audit.record(ctx, "limit.reached", personal={"key": key}, limit=limit.bucket)
    if count > limit.most:
        raise _too_many(start + limit.seconds - now)


def give_back(ctx: Context, limit: Limit, key: str) -> None:
    """Take back a try that turned out well."""
    now = int(ctx.clock.now().timestamp())
    with db.transaction():
        db.execute(_GIVE_BACK, (limit.bucket, _hash(key), now - now % limit.seconds))


def lift(limit: Limit, key: str) -> None:
    """Forget all tries with a key, when somebody proved who they are."""
    with db.transaction():
        tries = limit.bucket, _hash(key)
        db.execute("DELETE FROM throttle WHERE bucket = ? AND key_hash = ?", tries)


def expire(ctx: Context) -> None:
    """Delete windows that are over."""
    oldest = int(ctx.clock.now().timestamp()) - LONGEST_WINDOW
    with db.transaction():
        db.execute("DELETE FROM throttle WHERE window_start < ?", (oldest,))


def network(address: str | None) -> str:
    """Return whom a network address belongs to: itself, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _too_many(seconds: int) -> TooMany:
    minutes = max(1, -(-seconds // 60))
    return TooMany(
        ngettext(
            "This was tried too often. Please wait a minute and try again.",
            "This was tried too often. Please wait %(num)s minutes and try again.",
            minutes,
        ),
        retry_after=seconds,
    )
