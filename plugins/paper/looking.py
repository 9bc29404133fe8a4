"""Reads a PDF from the standard input and says as JSON what is in it; run as a program of its own.

Files from strangers may be made to take all memory or time there is: this program has little of both,
and nothing of the portal. Its arguments are the folder with the certificates of the portal's seals
and, where there is one, a file with certificates of others that are trusted.
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

from asn1crypto import cms, pem, x509
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


def look(data: bytes, known: Path, trusted: Path | None = None) -> dict[str, Any]:
    """Return marks and attachments, or a fault: "encrypted" or "unreadable"."""
    try:
        reader = PdfFileReader(io.BytesIO(data))
        if reader.encrypted:
            return {"fault": "encrypted"}
        roots = _certificates(known)
        others = list(_read(trusted).values()) if trusted else []
        marks = [_mark(data, one, roots, others) for one in _signatures(reader)]
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
    }
    try:
        # A seal outlives its certificate: what counts is the day on which it was made.
        context = ValidationContext(
            trust_roots=[roots[number]] if number in roots else others,
            moment=at if number in roots else None,
            allow_fetching=False,
        )
        status = asyncio.run(async_validate_pdf_signature(signature, context))
    except (PdfError, ValueError, KeyError, TypeError):
        return found
    intact = status.intact and status.valid
    return {
        **found,
        "is_intact": intact,
        "is_clean": intact and _is_clean(status),
        "is_trusted": number not in roots and bool(others) and status.bottom_line,
        "is_valid": number in roots and status.bottom_line and _is_plain(data, signature),
        "whole": status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
    }


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
        and not info["unsigned_attrs"].native
    )
    written = b"<" + der.hex().upper().encode()
    return plain and place == written + b"0" * (len(place) - len(written) - 1) + b">"


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
        found = look(sys.stdin.buffer.read(), *map(Path, sys.argv[1:3]))
    except MemoryError:
        found = {"fault": "unreadable"}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
