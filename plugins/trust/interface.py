"""What other plugins may use: checks of the audit log, copies and erasure of personal data."""

from __future__ import annotations

from plugins.trust.checking import Entry, Fault, Head, entries, head, read_head, reading, verify
from plugins.trust.service import erase, export, kept, objections

__all__ = [
    "Entry",
    "Fault",
    "Head",
    "entries",
    "erase",
    "export",
    "head",
    "kept",
    "objections",
    "read_head",
    "reading",
    "verify",
]
