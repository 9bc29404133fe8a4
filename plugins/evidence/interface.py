"""What others may use: the one text that is hashed, hidden values, statements, bundles, passkeys.

All are functions on plain values and bytes, without tables or pages, but for `passkeys`: it asks the
actor's browser, and `playing`, which signs for demonstrations.
"""

from plugins.evidence import bundle, canonical, commitments, passkeys, playing, signatures

__all__ = ["bundle", "canonical", "commitments", "passkeys", "playing", "signatures"]
