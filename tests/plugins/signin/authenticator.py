"""A passkey in software: what a browser and its key would answer, for tests without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

PRESENT, VERIFIED, NEW_KEY = 1, 4, 64


def words(data: bytes) -> str:
    """Write bytes as browsers do."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Passkey:
    """A key for one address; `count` goes up with each signature, as in many security keys."""

    def __init__(self, origin: str = "http://localhost:8000", host: str = "localhost") -> None:
        self.origin, self.host = origin, host
        self.id = secrets.token_bytes(16)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.count = 0

    def made(self, question: dict[str, Any]) -> str:
        """Answer a question for a new key."""
        public = self.public()
        known = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(public)
        data = self._data(PRESENT | VERIFIED | NEW_KEY) + known
        sealed = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", question)
        return self._written(clientDataJSON=words(client), attestationObject=words(sealed))

    def public(self) -> dict[int, Any]:
        """Return the public key as keys write it."""
        numbers = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}

    def signed(self, question: dict[str, Any]) -> str:
        """Answer a question with a signature."""
        self.count += 1
        data, client = self._data(PRESENT | VERIFIED), self._client("webauthn.get", question)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._written(
            clientDataJSON=words(client),
            authenticatorData=words(data),
            signature=words(signature),
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, question: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": question["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _written(self, **response: str) -> str:
        number = words(self.id)
        return json.dumps(
            {"id": number, "rawId": number, "type": "public-key", "response": response}
        )


class OldPasskey(Passkey):
    """A key of the kind that browsers made as long as the portal let them choose (Ed25519)."""

    def public(self) -> dict[int, Any]:
        """Return the public key as keys write it."""
        key = ed25519.Ed25519PrivateKey.generate().public_key()
        return {1: 1, 3: -8, -1: 6, -2: key.public_bytes_raw()}
