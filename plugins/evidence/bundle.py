"""The bundle: all that is needed to check an agreement without this portal, in one JSON file.

It holds the exact bytes of the versions that were signed and of the one that holds now, each
signature with its evidence, personal values with their salts where they were not erased, and for
each signature its entry in the audit log with the proof that the entry lies in the log. `FORMAT` names
these rules; a bundle once made must verify for ever. `docs/examples/verify_agreement.py` checks the
same with nothing but the standard library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugins.evidence import canonical, commitments, signatures
from plugins.evidence.commitments import Opened
from portal import merkle

FORMAT = "tessera-bundle/1"
MOST_BYTES = 20 * 1024 * 1024
ACTION = "agreement.signed"
HEAD = re.compile(r"(\d+)\s+([0-9a-f]{64})\s+([0-9TZ:.-]{20,27})")


@dataclass(frozen=True)
class Entry:
    """A signature's entry in the audit log: its canonical text, its place from 1 on, and its proof."""

    text: str
    place: int
    path: Sequence[str]


@dataclass(frozen=True)
class Signed:
    """A signature as it goes into a bundle. `signer` is None when it was erased."""

    statement: bytes
    evidence: Mapping[str, Any]
    signer: Opened | None = None
    voided_at: str = ""
    entry: Entry | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What the statement says. Raises ValueError."""
        return signatures.read(self.statement)


@dataclass(frozen=True)
class Head:
    """The state of the audit log to which the proofs lead: size, root and time."""

    size: int
    root: str
    at: str
    text: str = ""


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds: versions, the one that holds now last, with the hashes read beside them."""

    portal: str
    made_at: str
    documents: Sequence[bytes]
    signed: Sequence[Signed]
    personal: Sequence[Opened] = ()
    head: Head | None = None
    hashes: Sequence[str] = ()

    @property
    def current(self) -> bytes:
        """The version that holds now."""
        return self.documents[-1]


@dataclass(frozen=True)
class Fault:
    """What is wrong, and with which signature (its number, empty for the whole)."""

    what: str
    signature: str = ""


@dataclass(frozen=True)
class Report:
    """The outcome of a check: what is wrong, which parties signed, who of them did not."""

    faults: Sequence[Fault] = ()
    standing: Sequence[Signed] = ()
    missing: Sequence[str] = ()
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def write(bundle: Bundle) -> bytes:
    """Return a bundle as JSON, indented so that people can read it."""
    written = {
        "format": FORMAT,
        "portal": bundle.portal,
        "made_at": bundle.made_at,
        "documents": [
            {"hash": canonical.digest(data), "text": data.decode()} for data in bundle.documents
        ],
        "personal": [vars(one) for one in bundle.personal],
        "signatures": [_written(one) for one in bundle.signed],
        "log": vars(bundle.head) if bundle.head else None,
    }
    return json.dumps(written, ensure_ascii=False, indent=1).encode()


def _written(one: Signed) -> dict[str, Any]:
    entry = one.entry
    return {
        "statement": one.statement.decode(),
        "evidence": dict(one.evidence),
        "signer": vars(one.signer) if one.signer else None,
        "voided_at": one.voided_at,
        "entry": {"text": entry.text, "place": entry.place, "path": list(entry.path)}
        if entry
        else None,
    }


def read(data: bytes) -> Bundle:
    """Read a bundle. Raises ValueError for anything else, whatever it is."""
    if len(data) > MOST_BYTES:
        raise ValueError("too large")
    try:
        found = json.loads(data)
        if found["format"] != FORMAT:
            raise ValueError("another format")
        documents = [str(item["text"]).encode() for item in found["documents"]]
        if not documents:
            raise ValueError("no document")
        return Bundle(
            str(found["portal"]),
            str(found["made_at"]),
            documents,
            [_signed(item) for item in found["signatures"]],
            [_opened(item) for item in found["personal"]],
            _head(found["log"]),
            [str(item["hash"]) for item in found["documents"]],
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("This is no bundle of an agreement.") from error


def _signed(item: Mapping[str, Any]) -> Signed:
    entry = item["entry"]
    return Signed(
        str(item["statement"]).encode(),
        dict(item["evidence"]),
        _opened(item["signer"]) if item["signer"] else None,
        str(item["voided_at"]),
        Entry(str(entry["text"]), int(entry["place"]), [str(one) for one in entry["path"]])
        if entry
        else None,
    )


def _opened(item: Mapping[str, Any]) -> Opened:
    found = Opened(*(str(item[name]) for name in ("clause", "name", "value", "salt")))
    if len(found.salt) != commitments.SALT_LENGTH:
        raise ValueError("a salt of another length")
    return found


def _head(item: Mapping[str, Any] | None) -> Head | None:
    if item is None:
        return None
    return Head(int(item["size"]), str(item["root"]), str(item["at"]), str(item["text"]))


def verify(bundle: Bundle, head: str = "") -> Report:
    """Check all of a bundle; `head` is a line of a mail with the state of the audit log, if at hand.

    Faults are named "document", "documents" (they belong to different agreements), "personal",
    "statement", "signer", "key", "unchecked", "party" (two signatures for one), "material" (it stands
    over another text), "missing" (a party did not sign), "no_entry", "entry", "path", "head".
    """
    try:
        versions = {canonical.digest(data): data for data in bundle.documents}
        contents = [canonical.read(data) for data in bundle.documents]
    except ValueError:
        return Report([Fault("document")])
    current = contents[-1]
    if bundle.hashes and list(bundle.hashes) != list(versions):
        return Report([Fault("document")], content=current)
    faults = [] if len({one["public_id"] for one in contents}) == 1 else [Fault("documents")]
    held = set().union(*map(commitments.commitments, contents))
    if any(one.commitment not in held for one in bundle.personal):
        faults.append(Fault("personal"))
    standing: list[Signed] = []
    for one in bundle.signed:
        faults += _faults(one, versions, bundle, head)
        if not one.voided_at and _stands(one, bundle.current, faults):
            standing.append(one)
    seen = [one.said["party"] for one in standing]
    faults += [Fault("party", number) for number in {n for n in seen if seen.count(n) > 1}]
    missing = [one["public_id"] for one in current["parties"] if one["public_id"] not in seen]
    if head and bundle.head and not _same_head(bundle.head, head):
        faults.append(Fault("head"))
    return Report(faults, standing, missing, current)


def _faults(
    one: Signed, versions: Mapping[str, bytes], bundle: Bundle, head: str
) -> Iterable[Fault]:
    what = signatures.verify(one.statement, one.evidence, versions, one.signer)
    number = "" if "statement" in what else str(one.said["signature"])
    found = [Fault(name, number) for name in what]
    if one.entry is None or bundle.head is None:
        return [*found, Fault("no_entry", number)]
    if not _is_entry_of(one):
        found.append(Fault("entry", number))
    if root_above(one.entry, bundle.head.size) != bundle.head.root:
        found.append(Fault("path", number))
    return found


def _stands(one: Signed, current: bytes, faults: list[Fault]) -> bool:
    try:
        if signatures.stands(one.statement, current):
            return True
        faults.append(Fault("material", str(one.said["signature"])))
    except ValueError:
        pass  # said already
    return False


def _is_entry_of(one: Signed) -> bool:
    """Whether the entry says that this very statement was signed."""
    try:
        said = json.loads(one.entry.text if one.entry else "")
        return bool(
            said["action"] == ACTION
            and said["detail"]["statement"] == canonical.digest(one.statement)
            and one.entry
            and said["place"] == one.entry.place
        )
    except (ValueError, TypeError, KeyError):
        return False


def root_above(entry: Entry, size: int) -> str:
    """Return the root to which the proof of an entry leads (RFC 9162, 2.1.3.2), empty for none."""
    at, last = entry.place - 1, size - 1
    if not 0 <= at <= last:
        return ""
    try:
        found = merkle.leaf_hash(entry.text.encode())
        for step in map(bytes.fromhex, entry.path):
            if last == 0:
                return ""
            if at & 1 or at == last:
                found = merkle.node_hash(step, found)
                while at and not at & 1:
                    at, last = at >> 1, last >> 1
            else:
                found = merkle.node_hash(found, step)
            at, last = at >> 1, last >> 1
    except ValueError:
        return ""
    return found.hex() if last == 0 else ""


def paths(leaves: Sequence[bytes], places: Iterable[int]) -> dict[int, list[str]]:
    """Return the proofs for places (from 1 on) in a log with these leaves, as RFC 9162 orders them."""
    rows: dict[int, list[str]] = {place: [] for place in places}
    at = {place: place - 1 for place in rows}
    row = list(leaves)
    while len(row) > 1:
        for place, index in at.items():
            beside = index ^ 1
            if beside < len(row):
                rows[place].append(row[beside].hex())
            at[place] = index >> 1
        pairs = [merkle.node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = pairs + row[len(pairs) * 2 :]
    return rows


def _same_head(own: Head, typed: str) -> bool:
    """Whether a mailed head is the bundle's; of a log of another size nothing can be said."""
    for size, root, _at in HEAD.findall(typed):
        if int(size) == own.size:
            return bool(root == own.root)
    return True
