"""A Merkle tree as in RFC 9162, section 2.1: leaves are hashed, an ordered list of them has one root.

Pure functions on hashes of 32 bytes. `peaks` are the roots of the largest full subtrees from left
to right: all that is needed to append a leaf and to say the root, in O(log n).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours."""
    return sha256(b"\1" + left + right).digest()


def append(peaks: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """Return the peaks after another leaf; `size` is the number of leaves before."""
    grown = [*peaks, leaf]
    while size & 1:
        right = grown.pop()
        grown[-1] = node_hash(grown[-1], right)
        size >>= 1
    return grown


def root(peaks: Sequence[bytes]) -> bytes:
    """Return the root of a tree with these peaks."""
    value = peaks[-1] if peaks else EMPTY
    for left in reversed(peaks[:-1]):
        value = node_hash(left, value)
    return value
