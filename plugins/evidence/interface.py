"""What others may use: the one text that is hashed, hidden values, statements, bundles.

All are functions on plain values and bytes: no tables, no pages.
"""

from plugins.evidence import bundle, canonical, commitments, signatures

__all__ = ["bundle", "canonical", "commitments", "signatures"]
