"""Signatures for demonstrations: a passkey in software, and a scan that shows no real name.

What the key signs is genuine: every check that holds for a passkey holds for it. The key is thrown away.
"""

from __future__ import annotations

import json
import struct
import zlib
from datetime import datetime
from hashlib import sha256
from math import sin
from typing import Any

from flask import current_app

from plugins.evidence import signatures
from plugins.evidence.passkeys import Prepared
from plugins.signin import interface as signin
from portal.organisations.service import new_public_id

WIDE, HIGH = 240, 60


def signed_by_key(
    *, document: bytes, party: str, name: str, position: str, intent: str, at: datetime
) -> Prepared | None:
    """Return what a passkey made up now signs; None where the extra for passkeys is missing."""
    if not signatures.ec:
        return None
    private = signatures.ec.generate_private_key(signatures.ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    key: dict[str, Any] = {
        "alg": signatures.ES256,
        "x": numbers.x.to_bytes(32).hex(),
        "y": numbers.y.to_bytes(32).hex(),
    }
    number, host = new_public_id(), signin.host()
    signer = signatures.signer(number, name, position)
    made = signatures.statement(
        number=number,
        document=document,
        party=party,
        signer=signer,
        mandate=position,
        intent=intent,
        language="en",
        signed_at=at,
        level=signatures.PASSKEY,
        proof={"keys": signatures.fingerprint(key), "host": host},
    )
    spoken = {
        "type": "webauthn.get",
        "challenge": signatures.words(signatures.challenge(made)),
        "origin": current_app.config["PORTAL"].base_url.rstrip("/"),
    }
    client = json.dumps(spoken).encode()
    data = sha256(host.encode()).digest() + bytes([signatures.PRESENT]) + bytes(4)
    proof = private.sign(
        data + sha256(client).digest(), signatures.ec.ECDSA(signatures.hashes.SHA256())
    )
    evidence = {
        "key": key,
        "client_data": signatures.words(client),
        "authenticator_data": signatures.words(data),
        "signature": signatures.words(proof),
    }
    return Prepared(made, signer, evidence)


def scan() -> bytes:
    """Return a small PNG with a wavy line, where a scan of a signature would be."""
    rows = [bytearray(b"\xff" * WIDE) for _row in range(HIGH)]
    for x in range(20, WIDE - 20):
        y = HIGH // 2 + int(18 * sin(x / 9) * (1 - x / WIDE))
        rows[y][x] = rows[y + 1][x] = 0x30
    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    head = struct.pack(">IIBBBBB", WIDE, HIGH, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
