"""Hashes of passwords: argon2id."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.people.rules import LONGEST_PASSWORD, normal_password

# 19 MiB and 2 rounds is the smallest profile of the OWASP password storage cheat sheet:
# about 40 ms on a small server, and four at a time fit beside the search index.
CAREFUL = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def hasher(testing: bool) -> PasswordHasher:
    """Return the profile of this installation; tests take a cheap one."""
    return CHEAP if testing else CAREFUL


def make_hash(password: str, testing: bool = False) -> str:
    """Return what is stored of a password."""
    return hasher(testing).hash(normal_password(password))


def fits(stored: str, password: str, testing: bool = False) -> bool:
    """Whether a password is the one behind a stored hash.

    Takes the same work when there is none: an empty hash is replaced by a decoy.
    """
    try:
        hasher(testing).verify(stored or decoy(testing), normal_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored) and len(password) <= LONGEST_PASSWORD


def is_outdated(stored: str, testing: bool = False) -> bool:
    """Whether a hash was made with another profile than today's."""
    return hasher(testing).check_needs_rehash(stored)


@lru_cache(maxsize=2)
def decoy(testing: bool) -> str:
    """Return the hash of nobody's password."""
    return make_hash("nobody has this password", testing)
