"""Scans of signatures on paper: which files are taken."""

from __future__ import annotations

from portal.errors import Invalid
from portal.i18n import _

MOST_BYTES_OF_SCAN = 5 * 1024 * 1024
SCANS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


def scan_type(content: bytes) -> str:
    """Return what kind of file a scan is. Raises Invalid for others and for large ones."""
    if len(content) > MOST_BYTES_OF_SCAN:
        raise Invalid(_("The file is too large: at most 5 MB."), field="scan")
    for start, kind in SCANS.items():
        if content.startswith(start):
            if kind == "application/pdf" and b"/Encrypt" in content:
                raise Invalid(_("This PDF is locked with a password. Save it without."), "scan")
            return kind
    raise Invalid(_("Choose a scan as PDF, PNG or JPEG file."), field="scan")
