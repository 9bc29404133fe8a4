"""What others may use: the one text that is hashed, hidden values, statements, bundles, passkeys.

All are functions on plain values and bytes, without tables or pages, but for `passkeys`: it asks the
actor's browser, `keeping`: it has the table of hidden values, and `playing`, which signs for
demonstrations.
"""

from plugins.evidence import bundle, canonical, commitments, keeping, passkeys, playing, signatures
from plugins.evidence.clauses import UNIT_PARTS, ClauseForm, Field, Template, read_template

__all__ = [
    "UNIT_PARTS",
    "ClauseForm",
    "Field",
    "Template",
    "bundle",
    "canonical",
    "commitments",
    "keeping",
    "passkeys",
    "playing",
    "read_template",
    "signatures",
]
