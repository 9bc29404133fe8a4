"""Sets of document numbers behind one small interface.

Python integers are the default; pyroaring takes their place where it is installed. Sets are
values: nothing changes one after it was made, so threads may share them. Both kinds know ``&``,
``|`` and ``==``; all else is asked of the implementation.

Stored form of both, whichever wrote it: the portable format of Roaring bitmaps without runs
(https://github.com/RoaringBitmap/RoaringFormatSpec), so equal sets have equal bytes.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

try:
    import pyroaring
except ImportError:  # the extra "fast" is not installed
    pyroaring = cast(Any, None)

TypeOfSet = Any  # int or pyroaring.BitMap, opaque to callers
_COOKIE = 12346
_CONTAINER_BITS = 1 << 16
_ARRAY_LIMIT = 4096  # the format's rule: more than this many numbers are kept as a bitmap


class IntegerSets:
    """A set is one Python integer; bit n stands for document n."""

    name = "integers"
    empty: TypeOfSet = 0

    def from_ids(self, ids: Iterable[int]) -> TypeOfSet:
        """Make a set of numbers in any order."""
        ordered = sorted(ids)
        if not ordered:
            return 0
        buffer = bytearray((ordered[-1] >> 3) + 1)
        for number in ordered:
            buffer[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(buffer, "little")

    def from_bytes(self, data: bytes) -> TypeOfSet:
        """Read a stored set."""
        return self.union_of_bytes((data,))

    def union_of_bytes(self, blobs: Sequence[bytes]) -> TypeOfSet:
        """Read several stored sets as one."""
        buffer = bytearray()
        bitmaps = 0
        for data in blobs:
            for start, content, is_bitmap in _containers(data):
                if is_bitmap:
                    bitmaps |= int.from_bytes(content, "little") << start
                    continue
                numbers = struct.unpack(f"<{len(content) // 2}H", content)
                missing = ((start + numbers[-1]) >> 3) + 1 - len(buffer)
                if missing > 0:
                    buffer.extend(bytes(missing))
                offset = start >> 3
                for number in numbers:
                    buffer[offset + (number >> 3)] |= 1 << (number & 7)
        return bitmaps | int.from_bytes(buffer, "little")

    def to_bytes(self, bits: int) -> bytes:
        """Write a set in its stored form."""
        data = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
        containers = []
        for key, at in enumerate(range(0, len(data), _CONTAINER_BITS // 8)):
            chunk = data[at : at + _CONTAINER_BITS // 8]
            if size := int.from_bytes(chunk, "little").bit_count():
                containers.append((key, size, _container(chunk, size)))
        return _portable(containers)

    def union(self, sets: Sequence[int]) -> TypeOfSet:
        """Join sets; of none it is the empty set."""
        result = 0
        for bits in sets:
            result |= bits
        return result

    def difference(self, bits: int, other: int) -> TypeOfSet:
        """Take the numbers of another set out."""
        return bits & ~other if other else bits

    def count(self, bits: int) -> int:
        """Count the numbers."""
        return bits.bit_count()

    def and_count(self, bits: int, other: int) -> int:
        """Count the numbers in both."""
        return (bits & other).bit_count()

    def and_counts(self, bits: int, others: Sequence[int]) -> list[int]:
        """Count the numbers shared with each of many sets."""
        return [(bits & other).bit_count() for other in others]

    def contains(self, bits: int, number: int) -> bool:
        """Whether a number is in the set."""
        return bool(bits >> number & 1)

    def iterate(self, bits: int, start: int = 0) -> Iterator[int]:
        """Give the numbers from `start` upwards, then those below it."""
        yield from _set_bits(bits >> start, start)
        if start:
            yield from _set_bits(bits & ((1 << start) - 1), 0)

    def memory(self, bits: int) -> int:
        """Estimate the bytes that a set takes in memory."""
        return 32 + bits.bit_length() // 7


class RoaringSets:
    """A set is a compressed bitmap of the pyroaring package."""

    name = "roaring"

    def __init__(self) -> None:
        self.empty: TypeOfSet = pyroaring.BitMap()

    def from_ids(self, ids: Iterable[int]) -> TypeOfSet:
        """Make a set of numbers in any order."""
        return pyroaring.BitMap(list(ids))

    def from_bytes(self, data: bytes) -> TypeOfSet:
        """Read a stored set."""
        return pyroaring.BitMap.deserialize(data)

    def union_of_bytes(self, blobs: Sequence[bytes]) -> TypeOfSet:
        """Read several stored sets as one."""
        return self.union([pyroaring.BitMap.deserialize(data) for data in blobs])

    def to_bytes(self, bits: TypeOfSet) -> bytes:
        """Write a set in its stored form."""
        data = bytes(bits.serialize())
        has_runs = data[:2] != _COOKIE.to_bytes(2, "little")
        return INTEGERS.to_bytes(INTEGERS.from_ids(bits)) if has_runs else data

    def union(self, sets: Sequence[TypeOfSet]) -> TypeOfSet:
        """Join sets; of none it is the empty set."""
        return pyroaring.BitMap.union(*sets) if len(sets) > 1 else sets[0] if sets else self.empty

    def difference(self, bits: TypeOfSet, other: TypeOfSet) -> TypeOfSet:
        """Take the numbers of another set out."""
        return bits - other

    def count(self, bits: TypeOfSet) -> int:
        """Count the numbers."""
        return len(bits)

    def and_count(self, bits: TypeOfSet, other: TypeOfSet) -> int:
        """Count the numbers in both."""
        return int(bits.intersection_cardinality(other))

    def and_counts(self, bits: TypeOfSet, others: Sequence[TypeOfSet]) -> list[int]:
        """Count the numbers shared with each of many sets."""
        return list(map(bits.intersection_cardinality, others))

    def contains(self, bits: TypeOfSet, number: int) -> bool:
        """Whether a number is in the set."""
        return number in bits

    def iterate(self, bits: TypeOfSet, start: int = 0) -> Iterator[int]:
        """Give the numbers from `start` upwards, then those below it."""
        yield from bits.iter_equal_or_larger(start)
        if start:
            for number in bits:
                if number >= start:
                    return
                yield number

    def memory(self, bits: TypeOfSet) -> int:
        """Estimate the bytes that a set takes in memory."""
        size = len(bits)
        return 160 + min(2 * size, (bits.max() >> 3) + 1 if size else 0)


def _set_bits(bits: int, first: int) -> Iterator[int]:
    """Walk the set bits in machine words: shifting the whole integer per bit would be quadratic."""
    data = bits.to_bytes((bits.bit_length() + 63) // 64 * 8, "little")
    for at, word in enumerate(struct.unpack(f"<{len(data) // 8}Q", data)):
        while word:
            low = word & -word
            yield first + at * 64 + low.bit_length() - 1
            word ^= low


def _container(chunk: bytes, size: int) -> bytes:
    if size > _ARRAY_LIMIT:
        return chunk.ljust(_CONTAINER_BITS // 8, b"\0")
    return struct.pack(f"<{size}H", *_set_bits(int.from_bytes(chunk, "little"), 0))


def _portable(containers: Sequence[tuple[int, int, bytes]]) -> bytes:
    head = struct.pack("<II", _COOKIE, len(containers))
    keys = b"".join(struct.pack("<HH", key, size - 1) for key, size, _ in containers)
    offset = len(head) + len(keys) + 4 * len(containers)
    offsets = []
    for _, _, content in containers:
        offsets.append(struct.pack("<I", offset))
        offset += len(content)
    return b"".join([head, keys, *offsets, *(content for _, _, content in containers)])


def _containers(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Give first number, content and whether it is a bitmap, for each stretch of 65,536 numbers."""
    cookie, amount = struct.unpack_from("<II", data)
    if cookie != _COOKIE:
        raise ValueError(f"Not a stored set: it starts with {data[:4].hex()!r}.")
    keys = struct.unpack_from(f"<{2 * amount}H", data, 8)
    at = 8 + 8 * amount
    for key, last in zip(keys[::2], keys[1::2], strict=True):
        is_bitmap = last >= _ARRAY_LIMIT
        length = _CONTAINER_BITS // 8 if is_bitmap else 2 * (last + 1)
        yield key << 16, data[at : at + length], is_bitmap
        at += length


INTEGERS = IntegerSets()
ROARING = RoaringSets() if pyroaring else None
SetKind = IntegerSets | RoaringSets
FASTEST: SetKind = ROARING or INTEGERS
