"""Proofs of RFC 9162, section 2.1: that a leaf lies in a tree, and that a tree only grew."""

from __future__ import annotations

from collections.abc import Sequence

from portal import merkle


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaves."""
    peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        peaks = merkle.append(peaks, size, leaf)
    return merkle.root(peaks)


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that a leaf lies in the tree: the neighbours on its way up. `index` counts from 0."""
    if len(leaves) == 1:
        return []
    half = _half(len(leaves))
    if index < half:
        return [*inclusion(leaves[:half], index), root_of(leaves[half:])]
    return [*inclusion(leaves[half:], index - half), root_of(leaves[:half])]


def root_above(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to: compare it with the known one.

    Raises ValueError for a proof of the wrong length or an index outside of the tree.
    """
    if size == 1 and index == 0 and not proof:
        return leaf
    if not (0 <= index < size and size > 1 and proof):
        raise ValueError("No proof for this leaf in a tree of this size.")
    half, (*rest, last) = _half(size), proof
    if index < half:
        return merkle.node_hash(root_above(leaf, index, half, rest), last)
    return merkle.node_hash(last, root_above(leaf, index - half, size - half, rest))


def consistency(leaves: Sequence[bytes], size: int, whole: bool = True) -> list[bytes]:
    """Prove that the tree grew from its first `size` leaves (1 or more); `whole` is for the recursion."""
    if size == len(leaves):
        return [] if whole else [root_of(leaves)]
    half = _half(len(leaves))
    if size <= half:
        return [*consistency(leaves[:half], size, whole), root_of(leaves[half:])]
    return [*consistency(leaves[half:], size - half, False), root_of(leaves[:half])]


def roots_above(
    first_root: bytes, first: int, size: int, proof: Sequence[bytes], whole: bool = True
) -> tuple[bytes, bytes]:
    """Return the roots of the first and of the grown tree that a consistency proof leads to.

    Both must be the known ones. Raises ValueError for a proof of the wrong length.
    """
    if first == size and len(proof) == (0 if whole else 1):
        known = first_root if whole else proof[0]
        return known, known
    if not (0 < first < size and proof):
        raise ValueError("No proof for trees of these sizes.")
    half, (*rest, last) = _half(size), proof
    if first <= half:
        old, new = roots_above(first_root, first, half, rest, whole)
        return old, merkle.node_hash(new, last)
    old, new = roots_above(first_root, first - half, size - half, rest, False)
    return merkle.node_hash(last, old), merkle.node_hash(last, new)


def _half(size: int) -> int:
    """Return the largest power of two below a size of 2 or more."""
    return 1 << (size - 1).bit_length() - 1
