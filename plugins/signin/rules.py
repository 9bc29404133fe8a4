"""How long links and steps work, how often things may be tried; codes, names, colours of pages."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from portal.people.throttle import Limit

SCHEMES = ("", "light", "dark")
VERIFY = "verify"
RESET = "reset"
LIVES = {VERIFY: timedelta(days=3), RESET: timedelta(hours=1)}

REGISTER_ADDRESS = Limit("register-address", 3, 3_600)
"""Registrations of one address: each sends a mail to somebody who may not want it."""
REGISTER_NETWORK = Limit("register-network", 60, 3_600)
"""Registrations from one network: a training room fits, a robot does not."""
RESET_ADDRESS = Limit("reset-address", 3, 3_600)
"""Reset mails to one address: enough for a slow mail server."""
RESET_NETWORK = Limit("reset-network", 30, 3_600)
"""Reset mails asked for from one network."""

# The second step

CODE_TRIES = Limit("signin-code", 5, 900)
"""Wrong codes and passkeys of one account; the password was right before each."""
RECOVERIES = Limit("signin-recovery", 5, 3_600)
"""Requests about lost second steps of one account."""
OUTSIDE_NETWORK = Limit("signin-outside", 60, 900)
"""Visits to the provider that one network begins."""
PROOF_FRESH = timedelta(minutes=15)
STEP_LIVES = timedelta(minutes=10)
CODE_SECONDS = 30
CODE_DIGITS = 6
BACKUP_CODES = 10
BACKUP_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what looks alike; 10 of these are more than 49 bits."""
MOST_FACTORS = 10
LONGEST_NAME = 60
DUTIFUL = ("Reviewer", "SiteAdmin")
"""Roles of the site that need a second step where the site asks for it."""
CODE = re.compile(r"[0-9]{6}")
BACKUP_CODE = re.compile(rf"[{BACKUP_ALPHABET}]{{10}}")


def new_backup_code() -> str:
    """Return a code such as `k7m2p-9xq4d`."""
    signs = "".join(secrets.choice(BACKUP_ALPHABET) for _sign in range(10))
    return f"{signs[:5]}-{signs[5:]}"


def plain_code(text: str) -> str:
    """Return what was typed without spaces and hyphens, in small letters."""
    return re.sub(r"[\s-]+", "", text).lower()[:40]


def shown_secret(secret: str) -> str:
    """Return a secret in groups of four, for typing."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def clean_name(text: str | None, default: str) -> str:
    """Return what somebody calls a second step, on one line."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text or "")
    return " ".join(shown.split())[:LONGEST_NAME] or default
