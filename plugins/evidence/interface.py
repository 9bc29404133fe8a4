"""What others may use: the one text that is hashed, hidden values, statements, bundles, passkeys.

All are functions on plain values and bytes, without tables or pages, but for `passkeys`: it asks the
actor's browser.
"""

from plugins.evidence import bundle, canonical, commitments, passkeys, signatures

__all__ = ["bundle", "canonical", "commitments", "passkeys", "signatures"]
