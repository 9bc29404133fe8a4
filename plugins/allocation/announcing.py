"""Which public value decides a draw: announced before anybody knows it, read once it is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plugins.allocation.rules import read_beacon, revealed, round_after
from plugins.allocation.rules.draw import QUICKNET_SECONDS, QUICKNET_START
from portal.errors import Invalid
from portal.i18n import _

BEACON, SEALS = "beacon", "seals"
AHEAD = timedelta(minutes=5)
"""How far ahead the announced round of the public beacon lies."""
QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
LEAST_SEALS, SEAL_LENGTH = 3, 64


def announced(kind: str, seals: str, now: datetime) -> str:
    """Return what is announced: a round of the public beacon in some minutes, or pasted seals.

    Seals are fingerprints of secrets of the host and two others, one a line. Raises Invalid.
    """
    if kind != SEALS:
        return f"{BEACON} {round_after(now + AHEAD)}"
    found = seals.lower().split()
    if len(found) < LEAST_SEALS or any(
        len(one) != SEAL_LENGTH or not set(one) <= set("0123456789abcdef") for one in found
    ):
        told = _("Paste three seals, one a line: 64 digits and letters a to f each.")
        raise Invalid(told, "seals")
    return f"{SEALS} {' '.join(found)}"


def round_of(source: str) -> tuple[int, datetime] | None:
    """Return the announced round of the public beacon and when it comes; None for seals."""
    kind, _blank, rest = source.partition(" ")
    if kind != BEACON:
        return None
    seconds = QUICKNET_START + (int(rest) - 1) * QUICKNET_SECONDS
    return int(rest), datetime.fromtimestamp(seconds, UTC)


def beacon_url(source: str) -> str:
    """Return where the announced round of the public beacon can be read; empty for seals."""
    found = round_of(source)
    return f"https://api.drand.sh/{QUICKNET}/public/{found[0]}" if found else ""


def value_of(source: str, text: str, now: datetime) -> str:
    """Return the value out of a pasted answer of the beacon, or of secrets.

    Raises Invalid for what does not fit, and for a round that has not come yet.
    """
    found = round_of(source)
    if found is not None:
        value = read_beacon(text, found[0])
        if now < found[1]:
            told = _(
                "This round of the beacon has not come yet. Wait for it, then paste its answer."
            )
            raise Invalid(told, "value")
        return value
    seals = source.partition(" ")[2].split()
    return revealed(seals, [line for line in text.splitlines() if line.strip()])
