"""Programme rules as data: versioned files with source and date, checked live.

The portal ships some in `data/rules`; a site adds its own in Site Setup, or as
`consortia-rules/*.toml` in its instance folder. A file with a mistake is left out and named, with the place and the remedy.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from plugins.consortia.rules import KINDS, PARTS
from portal.i18n import _, ngettext, number

SHIPPED = Path(__file__).parent / "data" / "rules"
NEEDED = ("key", "version", "title", "kinds", "source", "source_date", "checks")
CHECKS = {
    "least_members": {"value"},
    "most_members": {"value"},
    "least_countries": {"value"},
    "same_country": set(),
    "role": {"role", "value"},
    "accreditation": {"who"},
}
WHO = ("lead", "all")


@dataclass(frozen=True)
class Rule:
    """What an action asks of a consortium, in one version."""

    key: str
    version: str
    title: str
    kinds: tuple[str, ...]
    source: str
    source_date: str
    caveat: str
    checks: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a file: where, and what to do."""

    file: str
    place: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.remedy}"


@dataclass(frozen=True)
class Member:
    """A member as rules look at it."""

    name: str
    country: str
    parts: tuple[str, ...]
    is_lead: bool
    is_accredited: bool


@dataclass(frozen=True)
class Verdict:
    """What one check says: whether it is fulfilled, what it asks, and how it stands."""

    is_fulfilled: bool
    asks: str
    stands: str


def load(
    folders: Sequence[Path], typed: str = ""
) -> tuple[dict[tuple[str, str], Rule], list[Mistake]]:
    """Return the rules of some folders by key and version, and what is wrong in their files.

    `typed` holds more of them as one text, parted by lines of `---`.
    """
    rules: dict[tuple[str, str], Rule] = {}
    mistakes: list[Mistake] = []
    files = [
        (path.name, path.read_bytes())
        for folder in folders
        for path in (sorted(folder.glob("*.toml")) if folder.is_dir() else ())
    ]
    texts = [part for part in re.split(r"(?m)^---+ *$", typed) if part.strip()]
    files += [(f"Site Setup, rule {at}", part.encode()) for at, part in enumerate(texts, 1)]
    for name, raw in files:
        found = read(name, raw)
        if isinstance(found, Rule):
            if (found.key, found.version) in rules:
                told = "another file has this key and version. Count the version up."
                mistakes.append(Mistake(name, "version", told))
            else:
                rules[found.key, found.version] = found
        else:
            mistakes += found
    return rules, mistakes


@lru_cache(maxsize=8)
def _kept(folder: str, typed: str, _stamp: tuple[tuple[str, int], ...]) -> Any:
    return load([SHIPPED, Path(folder)], typed)


def known(folder: Path, typed: str = "") -> tuple[dict[tuple[str, str], Rule], list[Mistake]]:
    """Return what `load` finds in the shipped files and a site's; read anew when a file changed."""
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    stamp = tuple((path.name, path.stat().st_mtime_ns) for path in files)
    found: Any = _kept(str(folder), typed, stamp)
    return found  # type: ignore[no-any-return]


def read(name: str, raw: bytes) -> Rule | list[Mistake]:
    """Read a rule file, or say everything that is wrong in it."""
    try:
        values = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [Mistake(name, "the file", f"it is no TOML: {error}")]
    wrong = [
        Mistake(name, missing, "this line is missing. Add it.")
        for missing in NEEDED
        if not values.get(missing)
    ]
    for text in ("key", "version", "title", "source", "source_date", "caveat"):
        if not isinstance(values.get(text, ""), str):
            wrong.append(Mistake(name, text, "write a text in quotation marks."))
    kinds = values.get("kinds", [])
    if not isinstance(kinds, list) or not set(map(str, kinds)) <= set(KINDS):
        wrong.append(Mistake(name, "kinds", f"choose from {', '.join(KINDS)}."))
    checks = values.get("checks", [])
    if not isinstance(checks, list):
        return [*wrong, Mistake(name, "checks", "write each as [[checks]].")]
    for at, check in enumerate(checks, 1):
        wrong += [Mistake(name, f"check {at}", told) for told in _mistakes(check)]
    if wrong:
        return wrong
    texts = {key: values.get(key, "") for key in Rule.__dataclass_fields__ if key != "checks"}
    return Rule(**{**texts, "kinds": tuple(kinds)}, checks=tuple(checks))


def _mistakes(check: Any) -> list[str]:
    if not isinstance(check, dict):
        return ["write it as [[checks]] with lines below."]
    kind = str(check.get("check", ""))
    if kind not in CHECKS:
        near = difflib.get_close_matches(kind, CHECKS, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return [f"there is no check {kind!r}.{hint} Known: {', '.join(CHECKS)}."]
    found = []
    value = check.get("value")
    if "value" in CHECKS[kind] and not (isinstance(value, int) and 1 <= value <= 1_000):
        found.append("value has to be a whole number from 1 to 1000.")
    if "role" in CHECKS[kind] and check.get("role") not in PARTS:
        found.append(f"role has to be one of {', '.join(PARTS)}.")
    if "who" in CHECKS[kind] and check.get("who") not in WHO:
        found.append(f"who has to be one of {', '.join(WHO)}.")
    extra = set(check) - CHECKS[kind] - {"check"}
    if extra:
        found.append(f"{', '.join(sorted(extra))} means nothing to {kind}. Take it out.")
    return found


def judge(rule: Rule, members: Sequence[Member]) -> list[Verdict]:
    """Return what each check of a rule says of the active members."""
    return [_judged(check, members) for check in rule.checks]


def _judged(check: dict[str, Any], members: Sequence[Member]) -> Verdict:
    kind, value = check["check"], check.get("value", 0)
    countries = sorted({member.country for member in members})
    if kind in {"least_members", "most_members"}:
        return _size(kind, value, len(members))
    if kind == "least_countries":
        asks = ngettext(
            "Members from at least %(num)s country",
            "Members from at least %(num)s countries",
            value,
        )
        stands = _("They come from: %(countries)s", countries=", ".join(countries))
        return Verdict(len(countries) >= value, asks, stands)
    if kind == "same_country":
        stands = _("They come from: %(countries)s", countries=", ".join(countries))
        return Verdict(len(countries) <= 1, _("All members from one country"), stands)
    if kind == "role":
        return _part(check["role"], value, members)
    return _accredited(check["who"], members)


def _size(kind: str, value: int, size: int) -> Verdict:
    if kind == "least_members":
        asks = ngettext("At least %(num)s member", "At least %(num)s members", value)
        short = value - size
        stands = (
            _("There are %(size)s.", size=number(size))
            if short <= 0
            else _(
                "There are %(size)s; %(short)s more are needed.",
                size=number(size),
                short=number(short),
            )
        )
        return Verdict(short <= 0, asks, stands)
    asks = ngettext("At most %(num)s member", "At most %(num)s members", value)
    return Verdict(size <= value, asks, _("There are %(size)s.", size=number(size)))


def _part(part: str, value: int, members: Sequence[Member]) -> Verdict:
    have = [member.name for member in members if part in member.parts]
    asks = {
        "sending": ngettext(
            "At least %(num)s member sends participants",
            "At least %(num)s members send participants",
            value,
        ),
        "host": ngettext(
            "At least %(num)s member hosts participants",
            "At least %(num)s members host participants",
            value,
        ),
        "supporting": ngettext(
            "At least %(num)s member supports on the spot",
            "At least %(num)s members support on the spot",
            value,
        ),
    }[part]
    silent = sum(not member.parts for member in members)
    if have:
        stands = _("So does: %(names)s", names=", ".join(have[:5]))
    elif silent:
        stands = _("Nobody is marked so yet. Say on the page of the members what each one does.")
    else:
        stands = _("Nobody does. Look for somebody.")
    return Verdict(len(have) >= value, asks, stands)


def _accredited(who: str, members: Sequence[Member]) -> Verdict:
    wanted = [member for member in members if member.is_lead or who == "all"]
    lacking = [member.name for member in wanted if not member.is_accredited]
    asks = (
        _("The lead holds an accreditation")
        if who == "lead"
        else _("All members hold an accreditation")
    )
    stands = (
        _("Our sources name none of: %(names)s", names=", ".join(lacking[:5]))
        if lacking
        else _("Our sources name it.")
    )
    return Verdict(not lacking, asks, stands)
