"""What other plugins use: make a PDF, seal it, check one."""

from __future__ import annotations

from plugins.paper.making import available, pdf
from plugins.paper.sealing import MOST_BYTES, Mark, Seal, check, count_certificates, seal
from plugins.paper.shortcode import code_digits, short_code

__all__ = [
    "MOST_BYTES", "Mark", "Seal", "available", "check", "code_digits",
    "count_certificates", "pdf", "seal", "short_code",
]  # fmt: skip
