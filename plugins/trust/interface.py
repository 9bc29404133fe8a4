"""What other plugins may use: checks of the audit log, copies and erasure of personal data."""

from __future__ import annotations

from plugins.trust.checking import Fault, Head, head, leaves, read_head, verify
from plugins.trust.service import erase, export, kept, objections

__all__ = [
    "Fault",
    "Head",
    "erase",
    "export",
    "head",
    "kept",
    "leaves",
    "objections",
    "read_head",
    "verify",
]
