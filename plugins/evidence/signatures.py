"""What a signer signs, and whether a signature stands: pure functions on bytes.

A *statement* says in canonical JSON which version of which agreement somebody signs: its hash and the
hash of its material part, for which party and in which role, with which mandate, the words of the
intent and the language in which they were shown, when, and how. With the level "passkey" a key of
the signer signs the statement and the version's hash; with the others the statement says what was
seen as evidence. Levels are named for what they are: none of them is called more than it is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import rfc8785

from plugins.evidence import canonical, commitments
from plugins.evidence.commitments import Opened
from portal.later import Later

ec = Later("cryptography.hazmat.primitives.asymmetric.ec")  # of the extras "mfa" and "pdf"
rsa = Later("cryptography.hazmat.primitives.asymmetric.rsa")
padding = Later("cryptography.hazmat.primitives.asymmetric.padding")
hashes = Later("cryptography.hazmat.primitives.hashes")

FORMAT = "tessera-signature/1"
PAPER, LINK, CLICK, PASSKEY, OUTSIDE = "paper", "link", "click", "passkey", "outside"
LEVELS = (PAPER, LINK, CLICK, PASSKEY, OUTSIDE)
"""On paper, scanned and attested; by a link that was mailed; a click after proving again who one is;
a passkey; a PDF signed outside."""
KEYS = {
    "format", "signature", "agreement", "version", "document", "material", "party", "role",
    "organisation", "signer", "mandate", "intent", "language", "signed_at", "level", "proof",
}  # fmt: skip
PROOFS = {
    PAPER: {"scan", "attested_by"},
    LINK: set(),
    CLICK: {"proved_at"},
    PASSKEY: {"keys", "host"},
    OUTSIDE: {"file"},
}
"""What a statement says of its evidence: a scan's hash and which organisation attests that it is
genuine; when the signer proved anew who they are; the hashes of the signer's keys, of which one signs,
and the site's host; the hash of the signed file."""
ES256, RS256 = -7, -257
PRESENT = 1


def signer(number: str, name: str, position: str = "", salt: str = "") -> Opened:
    """Return who signs, to be kept apart from the statement; a new salt when none is given."""
    value = f"{name}\n{position}" if position else name
    found = commitments.opened(f"signature.{number}", "signer", value)
    return Opened(found.clause, found.name, value, salt) if salt else found


def statement(
    *,
    number: str,
    document: bytes,
    party: str,
    signer: Opened,
    mandate: str,
    intent: str,
    language: str,
    signed_at: datetime,
    level: str,
    proof: Mapping[str, str],
) -> bytes:
    """Return the bytes that a signature is made of.

    `number` is the signature's public id, `document` the version that was shown, `party` the public id
    of a party in it. See `PROOFS` for `proof`. Raises ValueError for what does not fit together.
    """
    content = canonical.read(document)
    found = next((one for one in content["parties"] if one["public_id"] == party), None)
    if found is None:
        raise ValueError(f"{party!r} is no party of this version.")
    if level not in LEVELS or not PROOFS[level] <= set(proof):
        raise ValueError(f"{level!r} needs as proof: {', '.join(sorted(PROOFS.get(level, ())))}.")
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "signature": number,
            "agreement": content["public_id"],
            "version": content["version"],
            "document": canonical.digest(document),
            "material": canonical.digest(canonical.material(content)),
            "party": party,
            "role": found["role"],
            "organisation": found["organisation"],
            "signer": signer.commitment,
            "mandate": canonical.clean(mandate),
            "intent": canonical.clean(intent),
            "language": language,
            "signed_at": signed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "level": level,
            "proof": dict(proof),
        }
    )


def read(data: bytes) -> dict[str, Any]:
    """Return what a statement says. Raises ValueError for other bytes than `statement` writes."""
    try:
        found: dict[str, Any] = json.loads(data)
        fits = isinstance(found, dict) and set(found) == KEYS and rfc8785.dumps(found) == data
    except (ValueError, RecursionError, UnicodeError) as error:
        raise ValueError("This is no statement.") from error
    if not fits or found["format"] != FORMAT or found["level"] not in LEVELS:
        raise ValueError("This is no statement.")
    if not isinstance(found["proof"], dict) or not PROOFS[found["level"]] <= set(found["proof"]):
        raise ValueError("The statement names no proof.")
    return found


def sum_of(evidence: Mapping[str, Any]) -> str:
    """Return the hash of what is kept beside a statement, without the salt, which may be erased."""
    return canonical.digest(rfc8785.dumps({k: v for k, v in evidence.items() if k != "salt"}))


def challenge(statement: bytes) -> bytes:
    """Return what a passkey signs: the version's hash, then the hash of the statement; 64 bytes."""
    document = str(read(statement)["document"]).removeprefix(f"{canonical.ALGORITHM}:")
    return bytes.fromhex(document) + sha256(statement).digest()


def fingerprint(key: Mapping[str, Any]) -> str:
    """Return the hash by which a statement names a public key."""
    return canonical.digest(rfc8785.dumps(dict(key)))


def stands(statement: bytes, current: bytes) -> bool:
    """Whether a signature holds for a version: it says the same in all that is material."""
    said, content = read(statement), canonical.read(current)
    same = said["material"] == canonical.digest(canonical.material(content))
    return bool(same and said["agreement"] == content["public_id"])


def verify(
    statement: bytes,
    evidence: Mapping[str, Any],
    documents: Mapping[str, bytes],
    signer: Opened | None = None,
) -> list[str]:
    """Return what is wrong with a signature; empty when all of it fits together.

    `documents` holds versions by their hash. `signer` is None when it was erased. The answers are
    "statement" (not written as signatures are), "document" (the signed version is not there or says
    something else), "signer" (another name than the one that signed), "key" (the passkey did not sign
    this), "unchecked" (the library for that is missing).
    """
    try:
        said = read(statement)
    except ValueError:
        return ["statement"]
    faults = [] if _fits(said, documents.get(said["document"], b"")) else ["document"]
    if signer is not None and signer.commitment != said["signer"]:
        faults.append("signer")
    if said["level"] == PASSKEY:
        faults += _key_faults(statement, said, evidence)
    return faults


def _fits(said: Mapping[str, Any], document: bytes) -> bool:
    try:
        content = canonical.read(document)
    except ValueError:
        return False
    party = {"public_id": said["party"], "role": said["role"], "organisation": said["organisation"]}
    return (
        canonical.digest(document) == said["document"]
        and canonical.digest(canonical.material(content)) == said["material"]
        and (content["public_id"], content["version"]) == (said["agreement"], said["version"])
        and any(party.items() <= one.items() for one in content["parties"])
    )


def _key_faults(
    statement: bytes, said: Mapping[str, Any], evidence: Mapping[str, Any]
) -> list[str]:
    if not ec:
        return ["unchecked"]
    try:
        key = dict(evidence["key"])
        client, data, made = (
            from_words(evidence[name])
            for name in ("client_data", "authenticator_data", "signature")
        )
        spoken = json.loads(client)
        asked = (
            fingerprint(key) in said["proof"]["keys"].split()
            and spoken["type"] == "webauthn.get"
            and from_words(spoken["challenge"]) == challenge(statement)
            and urlsplit(spoken["origin"]).hostname == said["proof"]["host"]
            and data[:32] == sha256(said["proof"]["host"].encode()).digest()
            and bool(data[32] & PRESENT)
        )
        if asked:
            _check_made(key, made, data + sha256(client).digest())
    except Exception:  # whatever hostile evidence makes the parsers raise
        return ["key"]
    return [] if asked else ["key"]


def _check_made(key: Mapping[str, Any], made: bytes, data: bytes) -> None:
    """Raise unless a key made a signature over data."""
    if key["alg"] == ES256:
        numbers = ec.EllipticCurvePublicNumbers(
            int(key["x"], 16), int(key["y"], 16), ec.SECP256R1()
        )
        numbers.public_key().verify(made, data, ec.ECDSA(hashes.SHA256()))
    elif key["alg"] == RS256:
        public = rsa.RSAPublicNumbers(int(key["e"], 16), int(key["n"], 16)).public_key()
        public.verify(made, data, padding.PKCS1v15(), hashes.SHA256())
    else:
        raise ValueError("unknown kind of key")


def words(data: bytes) -> str:
    """Write bytes as passkeys do: base64url without filling."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_words(text: str) -> bytes:
    """Read what `words` wrote. Raises ValueError for other ways to write the same bytes."""
    found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if words(found) != text:
        raise ValueError("These words are not written as passkeys do.")
    return found
