"""Writes a new plugin from the template that comes with the portal; needs no network."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection
from pathlib import Path

from portal.errors import ConfigError
from portal.kernel.manifest import IDENTIFIER, TAKEN

TEMPLATE = Path(__file__).parent / "scaffold"


def write(name: str, folder: Path, taken: Collection[str] = ()) -> list[Path]:
    """Write a plugin below a folder and return its files. `taken` are the ids that are in use.

    Raises ConfigError with the remedy for a name or folder that can't be used.
    """
    home = folder / name
    reason = _objection(name, home, taken)
    if reason:
        raise ConfigError(reason)
    words = {"NAME": name, "TITLE": name.replace("_", " ").capitalize()}
    words["SLUG"] = name.replace("_", "-")
    written = []
    for source in sorted(TEMPLATE.rglob("*.in")):
        target = home / _filled(str(source.relative_to(TEMPLATE).with_suffix("")), words)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_filled(source.read_text(encoding="utf-8"), words), encoding="utf-8")
        written.append(target)
    return written


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"(NAME|TITLE|SLUG)(?![A-Z])", lambda found: words[found[0]], text)


def _objection(name: str, home: Path, taken: Collection[str]) -> str:
    if not IDENTIFIER.fullmatch(name) or keyword.iskeyword(name):
        better = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")[:30]
        hint = f" How about {better!r}?" if IDENTIFIER.fullmatch(better) and better != name else ""
        return f"{name!r} can't be a plugin's id. Use 2 to 30 small letters, digits and _.{hint}"
    clash = [other for other in taken if f"{name}_".startswith(f"{other}_")]
    clash += [other for other in taken if other.startswith(f"{name}_")]
    if name in TAKEN:
        return f"{name!r} is the portal's own name. Choose another."
    if name in taken:
        return f"There is a plugin {name!r} already. Choose another name."
    if clash:
        return f"Tables of {name!r} and of the plugin {clash[0]!r} would mix. Choose another name."
    if home.exists():
        return f"{home} is there already. Choose another name or --folder."
    if not home.parent.is_dir():
        return f"There is no folder {home.parent}. Make it, or name another one with --folder."
    return ""
