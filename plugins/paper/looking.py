"""Reads a PDF from the standard input and says as JSON what is in it; run as a program of its own.

Files from strangers may be made to take all memory or time there is: this program has little of both,
and nothing of the portal. Its arguments are the folder with the certificates of the portal's seals
and two files with certificates of others that are trusted: to sign, and to say what time it is. An
empty argument stands for none.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import resource
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, pem, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

MOST_MEMORY = 1024 * 1024 * 1024
MOST_SECONDS = 20
MOST_MARKS = 20
MOST_FILES = 20
MOST_FILE = 20 * 1024 * 1024
STAMP = "signature_time_stamp_token"
RSA = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"})
"""How a stamp by an RSA key names its way; of several names for the same, this one is kept."""


def look(
    data: bytes, known: Path, trusted: Path | None = None, stampers: Path | None = None
) -> dict[str, Any]:
    """Return marks and attachments, or a fault: "encrypted" or "unreadable"."""
    try:
        reader = PdfFileReader(io.BytesIO(data))
        if reader.encrypted:
            return {"fault": "encrypted"}
        roots = _certificates(known)
        others = list(_read(trusted).values()) if trusted else []
        clocks = list(_read(stampers).values()) if stampers else []
        marks = [_mark(data, one, roots, others, clocks) for one in _signatures(reader)]
        if marks and not marks[-1]["whole"]:  # something stands behind the last signature
            marks = [{**mark, "is_valid": False} for mark in marks]
        return {"marks": marks, "attachments": _attachments(reader)}
    except Exception:  # whatever a hostile file makes the parsers raise
        return {"fault": "unreadable"}


def _signatures(reader: PdfFileReader) -> list[Any]:
    return list(reader.embedded_regular_signatures)[:MOST_MARKS]


def _certificates(folder: Path) -> dict[str, x509.Certificate]:
    found: dict[str, x509.Certificate] = {}
    for path in sorted(folder.glob("*.pem")):
        found |= _read(path)
    return found


def _read(path: Path) -> dict[str, x509.Certificate]:
    """Return the certificates of a file by their hashes."""
    blocks = pem.unarmor(path.read_bytes(), multiple=True)
    return {sha256(der).hexdigest(): x509.Certificate.load(der) for _kind, _heads, der in blocks}


def _mark(
    data: bytes,
    signature: Any,
    roots: dict[str, x509.Certificate],
    others: list[x509.Certificate],
    clocks: list[x509.Certificate],
) -> dict[str, Any]:
    own = signature.signer_cert
    number = sha256(own.dump()).hexdigest()
    at = signature.self_reported_timestamp
    found = {
        "who": own.subject.human_friendly,
        "name": str(own.subject.native.get("common_name", "")),
        "issuer": own.issuer.human_friendly,
        "fingerprint": number,
        "at": at.isoformat() if at else None,
        "is_ours": number in roots,
        "is_intact": False,
        "is_valid": False,
        "is_clean": False,
        "is_trusted": False,
        "whole": False,
        "stamped_at": None,
        "stamper": "",
        "is_time_trusted": False,
    }
    try:
        # A seal outlives its certificate: what counts is the day on which it was made.
        context = ValidationContext(
            trust_roots=[roots[number]] if number in roots else others,
            moment=at if number in roots else None,
            allow_fetching=False,
        )
        times = _times(signature, clocks) if number in roots else None
        status = asyncio.run(async_validate_pdf_signature(signature, context, times))
    except (PdfError, ValueError, KeyError, TypeError):
        return found
    intact = status.intact and status.valid
    stamp = status.timestamp_validity if number in roots else None
    if stamp is not None and stamp.intact and stamp.valid:
        found["stamped_at"] = stamp.timestamp.isoformat()
        found["stamper"] = stamp.signing_cert.subject.human_friendly
        found["is_time_trusted"] = bool(clocks) and bool(stamp.trusted)
    return {
        **found,
        "is_intact": intact,
        "is_clean": intact and _is_clean(status),
        "is_trusted": number not in roots and bool(others) and status.bottom_line,
        "is_valid": number in roots and _holds(status) and _is_plain(data, signature),
        "whole": status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
    }


def _times(signature: Any, clocks: list[x509.Certificate]) -> ValidationContext:
    """Return what is asked of a stamp: a stamp outlives its certificate, as a seal does."""
    stamps = [
        value["content"]["encap_content_info"]["content"].parsed["gen_time"].native
        for one in signature.signer_info["unsigned_attrs"]
        if one["type"].native == STAMP
        for value in one["values"]
    ]
    return ValidationContext(
        trust_roots=clocks, moment=stamps[0] if stamps else None, allow_fetching=False
    )


def _holds(status: Any) -> bool:
    """Whether a seal holds; a stamp in it must hold too, whoever made the stamp."""
    stamp = status.timestamp_validity
    return bool(
        status.intact
        and status.valid
        and status.trusted
        and status.seed_value_ok
        and (status.docmdp_ok or status.modification_level is None)
        and (stamp is None or (stamp.intact and stamp.valid))
    )


def _is_clean(status: Any) -> bool:
    """Whether nothing came after a signature but more signatures and what proves these."""
    level = status.modification_level
    return level is not None and level <= ModificationLevel.FORM_FILLING and status.docmdp_ok


def _is_plain(data: bytes, signature: Any) -> bool:
    """Whether the place of the seal holds the seal alone, written as the portal writes it.

    No signature covers the place in which it stands itself.
    """
    _zero, start, after, _rest = (int(number) for number in signature.byte_range)
    place = data[start:after]
    content = bytes(signature.pkcs7_content)
    parsed = cms.ContentInfo.load(content, strict=False)
    der = parsed.dump(force=True)
    signed, info = parsed["content"], parsed["content"]["signer_infos"][0]
    plain = (
        signed["version"].native == "v1"
        and info["version"].native == "v1"
        and len(signed["digest_algorithms"]) == 1
        and signed["digest_algorithms"][0].dump() == info["digest_algorithm"].dump()
        and signed["encap_content_info"]["content_type"].native == "data"
        and len(signed["signer_infos"]) == 1
        and info["sid"].chosen["issuer"].dump() == signature.signer_cert.issuer.dump()
        and not signed["crls"].native
        and _are_plain(info["unsigned_attrs"])
    )
    written = b"<" + der.hex().upper().encode()
    return plain and place == written + b"0" * (len(place) - len(written) - 1) + b">"


def _are_plain(attributes: Any) -> bool:
    """Whether beside a signature there is nothing, or one stamp that is plain in itself."""
    if not attributes.native:
        return True
    return (
        len(attributes) == 1
        and attributes[0]["type"].native == STAMP
        and len(attributes[0]["values"]) == 1
        and is_plain_token(attributes[0]["values"][0])
    )


def is_plain_token(token: cms.ContentInfo) -> bool:
    """Whether a stamp holds nothing that its signature does not cover, but for what is always alike."""
    signed = token["content"]
    info = signed["signer_infos"][0]
    [own] = [one.chosen for one in signed["certificates"]] or [None]
    named = {one["type"].native for one in info["signed_attrs"]}
    return bool(
        own is not None
        and signed["version"].native == "v3"
        and info["version"].native == "v1"
        and len(signed["digest_algorithms"]) == 1
        and signed["digest_algorithms"][0].dump() == info["digest_algorithm"].dump()
        and len(signed["signer_infos"]) == 1
        and info["sid"].name == "issuer_and_serial_number"
        and info["sid"].chosen["issuer"].dump() == own.issuer.dump()
        and is_rsa(info) == (info["signature_algorithm"].dump() == RSA.dump())
        and named & {"signing_certificate", "signing_certificate_v2"}
        and not signed["crls"].native
        and not info["unsigned_attrs"].native
    )


def is_rsa(info: cms.SignerInfo) -> bool:
    """Whether a plain RSA key signed."""
    return bool(info["signature_algorithm"].signature_algo == "rsassa_pkcs1v15")


def _attachments(reader: PdfFileReader) -> dict[str, str]:
    found: dict[str, str] = {}
    names = reader.root.get("/Names", {}).get("/EmbeddedFiles")
    if names is None:
        return found
    for name, spec in _named(names, 0):
        stream = spec["/EF"]["/F"]
        if len(found) < MOST_FILES and len(stream.data) <= MOST_FILE:
            found[str(name)] = base64.b64encode(stream.data).decode()
    return found


def _named(node: Any, depth: int) -> list[tuple[Any, Any]]:
    if depth > 8:
        return []
    flat = node.get("/Names", [])
    found = [(flat[at], flat[at + 1]) for at in range(0, len(flat) - 1, 2)]
    for kid in node.get("/Kids", []):
        found += _named(kid, depth + 1)
    return found


def main() -> None:
    """Read, look, say."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    logging.disable(logging.CRITICAL)
    try:
        known, *files = sys.argv[1:4]
        found = look(
            sys.stdin.buffer.read(), Path(known), *(Path(one) if one else None for one in files)
        )
    except MemoryError:
        found = {"fault": "unreadable"}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
