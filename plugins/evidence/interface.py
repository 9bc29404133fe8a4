"""What others may use: the one text that is hashed, how it reads, statements, bundles, passkeys.

All are functions on plain values and bytes, without tables or pages, but for `passkeys`: it asks the
actor's browser, `keeping`: it has the table of hidden values, and `playing`, which signs for
demonstrations.
"""

from plugins.evidence import (
    bundle,
    canonical,
    commitments,
    comparing,
    fields,
    keeping,
    levels,
    passkeys,
    playing,
    ready,
    scans,
    showing,
    signatures,
)
from plugins.evidence.clauses import UNIT_PARTS, ClauseForm, Field, Template, read_template

__all__ = [
    "UNIT_PARTS", "ClauseForm", "Field", "Template", "bundle", "canonical", "commitments",
    "comparing", "fields", "keeping", "levels", "passkeys", "playing", "read_template", "ready",
    "scans", "showing", "signatures",
]  # fmt: skip
