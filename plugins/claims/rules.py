"""When a case is due and which word proves a website: decisions on plain values."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from portal.clock import working_days_after

PLANNED_DAYS = 5
APPEAL_DAYS = 183
"""Days for which a decision can be appealed: six months, Regulation (EU) 2022/2065, article 20(1)."""
WORD_BYTES = 10


def due_after(moment: datetime, working_days: int = PLANNED_DAYS) -> datetime:
    """Return the same time of day that many working days (Monday to Friday) later."""
    return working_days_after(moment, working_days)


def appeal_until(decided_at: datetime) -> datetime:
    """Return the last moment at which a decision can be appealed."""
    return decided_at + timedelta(days=APPEAL_DAYS)


def website_word(secret: str, organisation: str, account_id: int) -> str:
    """Return the word that this person puts on the website of this organisation.

    Small letters and digits that are not mistaken for each other, so that it can be typed.
    """
    told = f"claims website {organisation} {account_id}".encode()
    mark = hmac.new(secret.encode(), told, hashlib.sha256).digest()[:WORD_BYTES]
    return f"proof-{base64.b32encode(mark).decode().lower()}"


def offered_proof(case: Any) -> str:
    """Return the proof that whoever asked has offered: of an appeal that of what it is about."""
    return str(case.parent.proof if case.parent_id else case.proof)
