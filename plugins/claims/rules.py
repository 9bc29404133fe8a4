"""When a case is due and which word proves a website: decisions on plain values."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from portal.clock import working_days_after

PLANNED_DAYS = 5
WORD_BYTES = 10


def due_after(moment: datetime, working_days: int = PLANNED_DAYS) -> datetime:
    """Return the same time of day that many working days (Monday to Friday) later."""
    return working_days_after(moment, working_days)


def website_word(secret: str, organisation: str, account_id: int) -> str:
    """Return the word that this person puts on the website of this organisation.

    Small letters and digits that are not mistaken for each other, so that it can be typed.
    """
    told = f"claims website {organisation} {account_id}".encode()
    mark = hmac.new(secret.encode(), told, hashlib.sha256).digest()[:WORD_BYTES]
    return f"proof-{base64.b32encode(mark).decode().lower()}"
