"""Bundles for tests: two or more parties sign the sample in every way, into a log of their own."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import rfc8785
from webauthn.helpers import decode_credential_public_key

from plugins.evidence import bundle, canonical, signatures
from plugins.evidence.bundle import Bundle, Entry, Head, Signed
from portal import merkle
from tests.plugins.evidence import samples
from tests.plugins.signin.authenticator import Passkey, words


def key_of(passkey: Passkey) -> dict[str, Any]:
    """Return the public key of a software passkey in plain numbers."""
    numbers = passkey.key.public_key().public_numbers()
    public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
    key = decode_credential_public_key(cbor2.dumps(public))
    return {"alg": -7, "x": key.x.hex(), "y": key.y.hex()}


def by_passkey(document: bytes, number: int, passkey: Passkey | None = None) -> Signed:
    """Sign with a passkey for a party."""
    passkey = passkey or Passkey()
    key = key_of(passkey)
    proof = {"keys": f"sha256:{'0' * 64} {signatures.fingerprint(key)}", "host": passkey.host}
    made, signed = samples.statement(document, number, signatures.PASSKEY, proof=proof)
    asked = {"challenge": words(signatures.challenge(made))}
    response = json.loads(passkey.signed(asked))["response"]
    evidence = {
        **signed.evidence,
        "key": key,
        "client_data": response["clientDataJSON"],
        "authenticator_data": response["authenticatorData"],
        "signature": response["signature"],
    }
    return Signed(made, evidence, signed.signer)


def in_log(signed: list[Signed], before: int = 3, after: int = 5) -> tuple[list[Signed], Head]:
    """Note signatures in a log with other entries around; returns them with their proofs."""
    texts = [rfc8785.dumps({"place": place + 1, "action": "x"}) for place in range(before)]
    for one in signed:
        entry = {
            "place": len(texts) + 1,
            "action": bundle.ACTION,
            "detail": {"statement": canonical.digest(one.statement)},
        }
        texts.append(rfc8785.dumps(entry))
    places = range(before + 1, before + 1 + len(signed))
    texts += [rfc8785.dumps({"place": len(texts) + n, "action": "y"}) for n in range(after)]
    leaves = [merkle.leaf_hash(text) for text in texts]
    proofs = bundle.paths(leaves, places)
    peaks: list[bytes] = []
    for at, leaf in enumerate(leaves):
        peaks = merkle.append(peaks, at, leaf)
    found = [
        Signed(
            one.statement,
            one.evidence,
            one.signer,
            one.voided_at,
            Entry(texts[place - 1].decode(), place, proofs[place]),
        )
        for one, place in zip(signed, places, strict=True)
    ]
    at = "2026-11-20T12:00:00.000000Z"
    root = merkle.root(peaks).hex()
    return found, Head(len(leaves), root, at, f"{len(leaves)} {root} {at}.signature")


def made(corrected: bool = True) -> Bundle:
    """Return a bundle: two parties signed, one by click and one by passkey, then a clerical change."""
    document = samples.document()
    signed = [samples.statement(document, 1)[1], by_passkey(document, 2)]
    voided = samples.statement(samples.document(title="Before"), 2)[1]
    voided = Signed(voided.statement, voided.evidence, voided.signer, "2026-11-19T12:00:00Z")
    noted, head = in_log([voided, *signed])
    versions = [samples.document(title="Before"), document]
    if corrected:
        content = samples.content(version=4)
        content["clauses"][1]["values"]["phone"]["party1"] = "+49 77"
        versions.append(canonical.document(content))
    made_at = "2026-11-20T12:00:00.000000Z"
    return Bundle("https://portal.example", made_at, versions, noted, head=head)
