"""What an organisation may change about the list of steps, and what may be a proof: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from plugins.mobilities.interface import LISTS, NEWEST, PHASES, Step
from portal.errors import Conflict, Invalid
from portal.i18n import _

WHEN = {"before": ("start", -1), "into": ("start", 1), "after": ("end", 1)}
"""Days are counted before the first day, from it on, or from the last day on."""
LEADS = ("sending", "host", "supporting", "participant")
MOST_DAYS, MOST_OWN, LONGEST = 400, 20, 160
NAMES = tuple(item.name for item in fields(Step))

MOST_BYTES, MOST_OF_STEP, MOST_OF_STAY = 5_000_000, 5, 60
KINDS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
NO_FILES = frozenset({"B7"})
"""Steps about what somebody needs: such things are never attached."""

NOTHING: Mapping[str, Any] = {"base": NEWEST, "hidden": [], "steps": {}, "own": []}
"""The usual list."""


def when_of(step: Mapping[str, Any]) -> tuple[str, int]:
    """Return when a step is due, as one of `WHEN` and a number of days."""
    if step["anchor"] == "end":
        return "after", int(step["days"])
    return ("before", -step["days"]) if step["days"] < 0 else ("into", int(step["days"]))


def check_shown(newest: int, shown: int) -> None:
    """Raise Conflict unless a change was made from the newest version; 0 is the usual list."""
    if newest != shown:
        raise Conflict(_("A colleague changed the list meanwhile. Look at it and try again."))


def due(when: str, days: int) -> dict[str, Any]:
    """Return that as steps have it."""
    anchor, sign = WHEN[when]
    return {"anchor": anchor, "days": sign * days}


def resolve(changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of a list, with the attributes of `Step`, by phase."""
    rows = []
    for step in LISTS[changes["base"]]:
        if step.key in changes["hidden"]:
            continue
        plain = {name: getattr(step, name) for name in NAMES}
        row = plain | changes["steps"].get(step.key, {})
        if row["lead"] != step.lead:
            others = (step.lead, *step.helpers)
            row["helpers"] = tuple(name for name in others if name != row["lead"])
        rows.append(row)
    rows += [{"helpers": (), "proof": "", **own} for own in changes["own"]]
    return sorted(rows, key=lambda row: PHASES.index(row["phase"]))


def usual(base: int = NEWEST) -> Sequence[Step]:
    """Return the steps from which organisations begin."""
    return LISTS[base]


def compared(base: int, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what differs from the usual steps, by key."""
    found = {}
    for step in LISTS[base]:
        given = wanted.get(step.key, {})
        other = {name: value for name, value in given.items() if getattr(step, name) != value}
        if other:
            found[step.key] = other
    return found


def check(changes: Mapping[str, Any]) -> None:
    """Raise Invalid for a list with many steps of its own, or with none at all."""
    if len(changes["own"]) > MOST_OWN:
        raise Invalid(_("Add at most %(most)s steps of your own.", most=MOST_OWN), "title_new")
    if not resolve(changes):
        raise Invalid(_("Leave at least one step in."))


def next_key(earlier: Sequence[Mapping[str, Any]]) -> str:
    """Return a key for one more own step; one that was ever used is never given again."""
    used = [int(own["key"][1:]) for changes in earlier for own in changes["own"]]
    return f"X{max(used, default=0) + 1}"


def kind_of(content: bytes) -> str:
    """Return what kind of file a proof is. Raises Invalid for others and for large ones."""
    if not content:
        raise Invalid(_("Choose a file."), field="file")
    if len(content) > MOST_BYTES:
        raise Invalid(_("The file is too large: at most 5 MB."), field="file")
    for start, kind in KINDS.items():
        if content.startswith(start):
            return kind
    raise Invalid(_("Choose a PDF, PNG or JPEG file."), field="file")


def file_name(text: str, kind: str) -> str:
    """Return a file's name without folders and signs that no system takes, with its right end."""
    last = text.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign if sign.isalnum() or sign in " ._-()" else "_" for sign in last).strip(
        ". "
    )
    end = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}[kind]
    stem = plain.rpartition(".")[0] if "." in plain else plain
    return f"{stem.strip()[:80] or 'file'}{end}"
