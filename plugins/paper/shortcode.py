"""Short codes: twelve letters and digits that can be read aloud and typed from paper."""

from __future__ import annotations

import re
import secrets

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: they look or sound like others
READ_AS = str.maketrans("ILO", "110")
LENGTH = 12
BITS = 5 * LENGTH


def short_code(digest: str = "") -> str:
    """Return a code as "7K4M-2QXF-9T3A": of a hash ("sha256:..." or hex digits), else a random one."""
    digits = digest.rpartition(":")[2][: BITS // 4]
    number = int(digits, 16) if digits else secrets.randbits(BITS)
    signs = "".join(SIGNS[number >> shift & 31] for shift in range(BITS - 5, -1, -5))
    return "-".join(signs[at : at + 4] for at in range(0, LENGTH, 4))


def code_digits(typed: str) -> str:
    """Return the first hex digits of the hash that a typed code stands for, empty when it is no code."""
    signs = re.sub(r"[\s-]", "", typed).upper().translate(READ_AS)
    if len(signs) != LENGTH or any(sign not in SIGNS for sign in signs):
        return ""
    number = 0
    for sign in signs:
        number = number << 5 | SIGNS.index(sign)
    return f"{number:0{BITS // 4}x}"
