"""Documents as they are kept: sealed with the site's key, so that a copy of the database opens none."""

from __future__ import annotations

import base64
import hashlib

from flask import current_app

from portal.config import Config

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # pragma: no cover  the extra is not installed
    Fernet = None  # type: ignore[assignment,misc]


def can_seal() -> bool:
    """Whether documents can be kept at all: the library for that is an extra."""
    return Fernet is not None


def _box() -> Fernet:
    config: Config = current_app.config["PORTAL"]
    key = hashlib.sha256(b"past stays of tessera\0" + config.signing_key().encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(content: bytes) -> bytes:
    """Return a document as it is kept."""
    return _box().encrypt(content)


def unseal(sealed: bytes) -> bytes:
    """Return a document that was sealed; empty when it can't be read any more."""
    try:
        return _box().decrypt(bytes(sealed))
    except InvalidToken:  # the site has another secret key now
        return b""
