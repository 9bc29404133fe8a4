"""What a token looks like, and what it may be asked for."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta
from hashlib import sha256

from portal.errors import Invalid
from portal.i18n import _
from portal.people.throttle import Limit

PREFIX = "tsr"
"""Tokens begin with it, so that scanners of source code find those that were left in it."""
SCOPES = {"read": frozenset({"read"}), "write": frozenset({"read", "write"})}
MOST_TOKENS = 20
DAYS = 90
DAYS_OFFERED = (7, 30, DAYS, 180, 365)
MOST_DAYS = 365
LONGEST_NAME = 80
USE_NOTED = timedelta(minutes=1)
"""The last use of a token is written at most this often."""
MADE = Limit("token-made", 30, 3_600)
CHANGES = Limit("token-changes", 600, 3_600)
"""Changes through the API by one person."""

_FORM = re.compile(rf"{PREFIX}_([0-9a-f]{{16}})_([A-Za-z0-9_-]{{43}})")


def new_parts() -> tuple[str, str]:
    """Return a public part, by which a token is found, and a secret of 256 bits."""
    return secrets.token_hex(8), secrets.token_urlsafe(32)


def written(public_id: str, secret: str) -> str:
    """Return a token as programs send it."""
    return f"{PREFIX}_{public_id}_{secret}"


def parts(token: str) -> tuple[str, str]:
    """Return public part and secret of a token; empty ones for what can't be a token."""
    found = _FORM.fullmatch(token)
    return (found[1], found[2]) if found else ("", "")


def hashed(secret: str) -> str:
    """Return what is kept of a secret. It is random enough that no slow hash is needed."""
    return sha256(secret.encode()).hexdigest()


def fits(secret: str, kept: str) -> bool:
    """Whether a secret is the one of which a hash is kept; takes the same time for all."""
    return hmac.compare_digest(hashed(secret), kept)


def clean_name(text: str) -> str:
    """Return a token's name on one line. Raises Invalid for an empty or long one."""
    name = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not name:
        raise Invalid(_("Write what the token is for, such as the program's name."), "name")
    if len(name) > LONGEST_NAME:
        raise Invalid(
            _("Write at most %(num)s characters.", num=LONGEST_NAME),
            "name",
        )
    return name


def check_days(days: int) -> None:
    """Raise Invalid for a life that is not from one day to a year."""
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(_("Choose from 1 to %(num)s days.", num=MOST_DAYS), "days")
