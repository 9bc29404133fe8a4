"""The draw that anyone can check: fingerprints, a public random value, and the ticket it gives.

Everything here is SHA-256 over JSON with sorted keys and without blanks, in UTF-8, so that a
short script in any language can repeat it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import portal
from plugins.allocation.rules.pool import Person, Pool, Settings
from plugins.allocation.rules.tickets import Result
from portal.errors import Invalid
from portal.i18n import _

FORMAT = "tessera-round-tables-1"
QUICKNET_START, QUICKNET_SECONDS = 1_692_803_367, 3
"""The public beacon drand quicknet: when its round 1 came, and how far its rounds are apart."""
HEX = re.compile(r"[0-9a-f]+")


def canonical(value: Any) -> bytes:
    """Return the one form in which a value is fingerprinted."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def fingerprint(data: bytes | str) -> str:
    """Return the SHA-256 of bytes or text, in hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def leaf(person: Person) -> str:
    """Return the fingerprint of one record with its salt; without the salt nobody can guess it."""
    record = {
        "id": person.id,
        "order": person.order,
        "org": person.org,
        "features": dict(person.features),
        "choices": list(person.choices),
    }
    return fingerprint(canonical([person.salt, record]))


def leaves(pool: Pool) -> list[str]:
    """Return the fingerprints of all records, sorted; they stay when the records are deleted."""
    return sorted(map(leaf, pool.people))


def pool_hash(fingerprints: Sequence[str]) -> str:
    """Return the fingerprint of a pool from those of its records."""
    return fingerprint("\n".join(fingerprints))


def commitment(result: Result, announced: str = "") -> dict[str, str]:
    """Return what is published before the draw; `announced` names the public value to come."""
    parts = {
        "pool": pool_hash(leaves(result.pool)),
        "settings": fingerprint(canonical(result.settings.data())),
        "tickets": fingerprint(canonical(result.tickets)),
        "announced": announced,
    }
    return parts | {"all": fingerprint(canonical(parts))}


def draw(result: Result, beacon: str) -> int:
    """Return the number of the ticket that a public random value draws, counted from 0."""
    return ticket_number(beacon, result.settings.event, len(result.tickets))


def ticket_number(beacon: str, event: str, tickets: int) -> int:
    """Return SHA-256 of the value, a line break and the event, modulo the tickets.

    Raises Invalid for a value that is not hexadecimal.
    """
    value = beacon.strip().lower()
    if not HEX.fullmatch(value):
        text = _("The random value must be hexadecimal: digits and the letters a to f.")
        raise Invalid(text, "beacon")
    return int(fingerprint(f"{value}\n{event}"), 16) % tickets


def lottery_number(beacon: str, code: str) -> str:
    """Return the number by which ties are broken after a draw; the lower one goes first."""
    return fingerprint(f"{beacon.strip().lower()}\n{code}")


def round_after(when: datetime) -> int:
    """Return the first round of the public beacon that comes after a moment."""
    return max(int(when.timestamp() - QUICKNET_START) // QUICKNET_SECONDS + 2, 1)


def read_beacon(text: str, number: int) -> str:
    """Return the value of a public beacon's round, as pasted: its JSON, or the value alone.

    Raises Invalid when the round is another one, or the value is not what its signature says.
    """
    text = text.strip()
    if not text.startswith("{"):
        if len(text) != 64 or not HEX.fullmatch(text.lower()):
            raise Invalid(_("A beacon's value has 64 hexadecimal digits."), "beacon")
        return text.lower()
    try:
        data = json.loads(text)
        value, signature = str(data["randomness"]).lower(), bytes.fromhex(data["signature"])
        found = int(data["round"])
    except (ValueError, KeyError, TypeError):
        raise Invalid(_("This is not the answer of a public beacon."), "beacon") from None
    if found != number:
        raise Invalid(
            _(
                "This is round %(found)s; round %(wanted)s was announced.",
                found=found,
                wanted=number,
            ),
            "beacon",
        )
    if hashlib.sha256(signature).hexdigest() != value:
        raise Invalid(_("The value does not fit its signature; paste it again."), "beacon")
    return value


def sealed(secret: str) -> str:
    """Return what a witness publishes before the draw: the fingerprint of a secret text."""
    return fingerprint(secret.strip())


def revealed(seals: Sequence[str], secrets: Sequence[str]) -> str:
    """Return the random value that the revealed secrets make together. Raises Invalid."""
    if len(seals) < 2 or len(seals) != len(secrets):
        raise Invalid(_("Each of the witnesses must reveal a secret, two or more."), "beacon")
    for at, (seal, secret) in enumerate(zip(seals, secrets, strict=False), 1):
        if sealed(secret) != seal.strip().lower():
            raise Invalid(_("Secret %(num)s does not fit its seal.", num=at), "beacon")
    return fingerprint("\n".join(secret.strip() for secret in secrets))


def published(result: Result, beacon: str = "", announced: str = "") -> dict[str, Any]:
    """Return RESULT.json; without a random value nothing is drawn yet."""
    return {
        "format": FORMAT,
        "software": f"tessera-portal {portal.__version__}",
        "solver": result.solver,
        "method": "column generation" if result.exact else "plain greedy",
        "exact": result.exact,
        "needs_draw": result.needs_draw,
        "settings": result.settings.data(),
        "people": len(result.pool.people),
        "places": sum(result.settings.tables.values()),
        "tickets": [[list(seat) for seat in ticket] for ticket in result.tickets],
        "beacon": beacon.strip().lower(),
        "drawn": draw(result, beacon) if beacon else None,
        "chances": result.chances,
        "lowest": result.lowest,
        "bound": result.bound,
        "gini": round(result.gini, 6),
        "coverage": _measure(result.coverage),
        "simpson": _measure(result.simpson),
        "fill": result.fill,
        "first_choice": round(result.first_choice, 6),
        "hashes": commitment(result, announced),
        "leaves": leaves(result.pool),
    }


def _measure(measure: Any) -> Mapping[str, float]:
    return {
        "expected": round(measure.expected, 6),
        "worst": round(measure.worst, 6),
        "best": round(measure.best, 6),
        "expected_share": round(measure.expected_share, 6),
        "worst_share": round(measure.worst_share, 6),
    }


def announced_settings(settings: Settings) -> str:
    """Return the fingerprint of settings alone, to publish before registration closes."""
    return fingerprint(canonical(settings.data()))
