"""Checks all agreements of a site against the audit log: no row of them was changed unseen.

What proves something is held against what was noted in the log when it was written: every text that was
kept, every signature, every one that was voided. The log itself is checked first. Left out is what
proves nothing: the number of a row, and the working copy of a clause, which nobody signs. Of who signed,
name, position and salt may be gone together: that is how they are erased.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from plugins.agreements.interface import rules, stored
from plugins.evidence.interface import bundle, canonical, signatures
from plugins.trust import interface as trust
from portal import db
from portal.errors import Invalid
from portal.i18n import _

AGREEMENT = "agreements_agreement"
KEPT, VOIDED, GONE = "agreement.text_kept", "agreement.signature_voided", "agreement.forgotten"
SIGNED_STATES = ("in_force", "superseded", "expired", "terminated")
OPEN_STATES = ("draft", "negotiation")
MADE_ELSEWHERE = (signatures.PAPER, signatures.OUTSIDE)
MOST = 100
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Wrong:
    """What does not fit: which agreement (empty for the log), what of it, and a sentence.

    `entry` is the number of an entry of the log, where one is wrong.
    """

    agreement: str
    what: str
    text: str
    entry: int | None = None


@dataclass
class Noted:
    """What the log says of an agreement: texts by number, signatures by hash, voided ones by id."""

    texts: dict[int, dict[str, Any]]
    signed: dict[str, dict[str, Any]]
    voided: dict[str, dict[str, Any]]
    is_gone: bool = False


def verify_all(head: trust.Head | None = None) -> list[Wrong]:
    """Check log and agreements; returns what is wrong, the first bad entry first.

    Against a head from outside it also finds what was written anew with all its hashes.
    """
    with trust.reading():
        found = [Wrong("", "log", fault.what, fault.entry) for fault in trust.verify(head)]
        for wrong in _agreements():
            found.append(wrong)
            if len(found) >= MOST:
                break
    return found


def _agreements() -> Iterator[Wrong]:
    noted = _noted()
    for rows in stored():
        if rows["agreement"]:
            [one] = rows["agreement"]
            yield from _agreement(one, rows, noted.pop(one["id"], Noted({}, {}, {})))
            continue
        for table in ("version", "signature"):
            if rows[table]:
                text = _("%(count)s rows belong to no agreement.", count=len(rows[table]))
                yield Wrong("", table, text)
    for number, said in noted.items():
        if not said.is_gone and (said.texts or said.signed):
            yield Wrong(str(number), "agreement", _("An agreement of the log is missing."))


def _noted() -> dict[int, Noted]:
    """Return what the log says of agreements by their numbers, in the order of the log."""
    found: dict[int, Noted] = {}
    rows = db.query(
        "SELECT e.subject_id, e.action, e.account_id, e.detail FROM audit_entry e "
        "WHERE e.subject_type = ? AND e.action IN (?, ?, ?, ?) ORDER BY e.id",
        (AGREEMENT, KEPT, bundle.ACTION, VOIDED, GONE),
    )
    for number, action, account, text in rows:
        said = {"account": account, **(_mapping(text) or {})}
        one = found.setdefault(number, Noted({}, {}, {}))
        if action == KEPT:
            place = said.get("version")
            one.texts[place if isinstance(place, int) else 0] = said
        elif action == bundle.ACTION:
            one.signed[str(said.get("statement"))] = said
        elif action == VOIDED:
            one.voided[str(said.get("signature"))] = said
        else:
            one.is_gone = True
    return found


def _mapping(text: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return None
    return found if isinstance(found, dict) and db.dump_json(found) == text else None


def _agreement(one: Row, rows: Mapping[str, Sequence[Row]], noted: Noted) -> Iterator[Wrong]:
    names = {row["id"]: row["public_id"] for row in rows["party"]}
    texts: dict[Any, bytes] = {}
    for row in sorted(rows["version"], key=lambda row: (str(type(row["number"])), row["number"])):
        what = _version(one, row, noted.texts.pop(row["number"], None), names)
        texts[row["id"]] = _bytes(row["content"])
        if what:
            place = _("text %(number)s", number=row["number"])
            yield Wrong(one["public_id"], f"version {row['number']}", f"{place}: {what}")
    for number in noted.texts:
        yield Wrong(
            one["public_id"],
            f"version {number}",
            _("text %(number)s: it is in the log and not here.", number=number),
        )
    for row in rows["signature"]:
        what = _signature(one, row, noted, names, texts)
        if what:
            place = _("signature %(name)s", name=row["public_id"])
            yield Wrong(one["public_id"], f"signature {row['public_id']}", f"{place}: {what}")
    for said in noted.signed.values():
        name = str(said.get("signature") or said.get("party"))
        yield Wrong(
            one["public_id"],
            f"signature {name}",
            _("signature %(name)s: it is in the log and not here.", name=name),
        )
    yield from _state(one, rows)


def _version(one: Row, row: Row, said: Row | None, names: Mapping[Any, str]) -> str:
    """Return what is wrong with a text that was kept, empty for nothing."""
    if said is None:
        return _("the log does not know it.")
    data = _bytes(row["content"])
    if not canonical.digest(data) == row["digest"] == said.get("digest"):
        return _("it is not the text whose hash was noted.")
    fits = (
        _read(data) == (one["public_id"], row["number"], row["material"])
        and (row["why"], row["clause"]) == (said.get("why"), said.get("clause"))
        and names.get(row["party_id"], "") == said.get("party")
        and row["created_at"] == said.get("at")
        and row["account_id"] in (None, said["account"])
    )
    return "" if fits else _("what stands beside it is not what was noted.")


@lru_cache(maxsize=64)
def _read(data: bytes) -> tuple[Any, ...]:
    """Return whose text this is, its number and the hash of what is material; nothing for others."""
    try:
        content = canonical.read(data)
    except ValueError:
        return ()
    material = canonical.digest(canonical.material(content))
    return content["public_id"], content["version"], material


def _signature(
    one: Row, row: Row, noted: Noted, names: Mapping[Any, str], texts: Mapping[Any, bytes]
) -> str:
    """Return what is wrong with a signature, empty for nothing."""
    statement, document = _bytes(row["statement"]), texts.get(row["version_id"], b"")
    said = noted.signed.pop(canonical.digest(statement), None)
    voided = noted.voided.pop(str(row["public_id"]), None)
    if said is None:
        return _("the log does not know what was signed.")
    evidence = _mapping(row["evidence"])
    try:
        spoken = signatures.read(statement)
    except ValueError:
        return _("the log does not know what was signed.")
    if evidence is None or said.get("evidence") not in (None, _sum(evidence)):
        return _("its evidence is not what was noted.")
    fits = (
        (row["public_id"], one["public_id"]) == (spoken["signature"], spoken["agreement"])
        and names.get(row["party_id"]) == spoken["party"]
        and row["digest"] == spoken["document"] == canonical.digest(document)
        and row["level"] == spoken["level"] == said.get("level")
        and _is_time(row["signed_at"], spoken["signed_at"], "evidence" in said)
        and not signatures.verify(statement, evidence, {row["digest"]: document})
    )
    if not fits:
        return _("what stands beside it is not what was signed.")
    if not _names(row, evidence, spoken["signer"]):
        return _("it names somebody else than who signed.")
    if not _by(row, spoken, said["account"]) or not _scan(row, spoken):
        return _("its scan, or who attests it, is not what was noted.")
    if (row["voided_at"] is None) != (voided is None):
        return _("whether it is void is not what was noted.")
    if voided and "at" in voided:
        fits = (row["voided_at"], row["void_reason"]) == (voided["at"], voided.get("reason"))
        return "" if fits else _("why it is void is not what was noted.")
    return "" if voided or row["void_reason"] == "" else _("it is not void.")


def _sum(evidence: Mapping[str, Any]) -> str:
    try:
        return signatures.sum_of(evidence)
    except ValueError:
        return ""


def _is_time(stored_at: Any, spoken: str, exactly: bool) -> bool:
    """Whether a time is that of the statement; before times were noted, fractions were kept."""
    text = str(stored_at)
    return text[:19] + "Z" == spoken and (not exactly or text[19:] == ".000000Z")


def _names(row: Row, evidence: Mapping[str, Any], commitment: str) -> bool:
    salts = (row["salt"], evidence.get("salt", row["salt"]))  # once it stood in both places
    if not all(isinstance(one, str) for one in (row["name"], row["position"], *salts)):
        return False
    if (row["name"], row["position"], row["salt"]) == ("", "", ""):
        return True
    try:
        who = signatures.signer(row["public_id"], row["name"], row["position"], row["salt"])
        return bool(row["salt"] and salts[0] == salts[1] and who.commitment == commitment)
    except ValueError:
        return False


def _by(row: Row, spoken: Row, account: Any) -> bool:
    own, other = row["account_id"], row["attested_by"]
    if spoken["level"] in MADE_ELSEWHERE:
        own, other = other, own
    return own in (None, account) and other is None


def _scan(row: Row, spoken: Row) -> bool:
    if spoken["level"] not in MADE_ELSEWHERE:
        return row["scan"] is None and row["scan_type"] == ""
    data, proof = _bytes(row["scan"]), spoken["proof"]
    if canonical.digest(data) != (proof.get("scan") or proof.get("file")):
        return False
    try:
        kind = rules.scan_type(data) if "scan" in proof else "application/pdf"
    except Invalid:
        return False
    return bool(row["scan_type"] == kind)


def _state(one: Row, rows: Mapping[str, Sequence[Row]]) -> Iterator[Wrong]:
    """Say when an agreement is called signed and is not, or when its newest text is another one."""
    numbers = [row["number"] for row in rows["version"]]
    newest = max((number for number in numbers if isinstance(number, int)), default=0)
    if newest != one["number"]:
        yield Wrong(one["public_id"], "state", _("Its newest text is not the one it names."))
    standing = {row["party_id"] for row in rows["signature"] if row["voided_at"] is None}
    there = {row["id"] for row in rows["party"] if row["removed_at"] is None}
    if (one["state"] in SIGNED_STATES and standing != there) or (
        one["state"] in OPEN_STATES and standing
    ):
        yield Wrong(one["public_id"], "state", _("Its state does not fit its signatures."))


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    return bytes(value) if isinstance(value, bytes | memoryview | bytearray) else b""
