"""How much of each catalogue is translated, and by whom it was read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel.languages import get_official_languages
from babel.messages.pofile import read_po

from portal.i18n import SHIPPED, SOURCE


@dataclass(frozen=True)
class Coverage:
    """A catalogue: texts that are translated, all texts, and what its header says of readers."""

    done: int
    total: int
    reviewer: str
    is_draft: bool

    @property
    def share(self) -> int:
        """Per cent that is translated; 100 only when all is."""
        return 100 * self.done // self.total if self.total else 100


def of(folder: Path, locale: str) -> Coverage:
    """Return the coverage of a catalogue below a folder of translations.

    Where there is none, nothing is translated of what the other languages have.
    """
    path = _path(folder, locale)
    if path.exists():
        return _read(path, path.stat().st_mtime_ns)
    others = [_path(folder, other) for other in SHIPPED if _path(folder, other).exists()]
    total = max((_read(other, other.stat().st_mtime_ns).total for other in others), default=0)
    return Coverage(0, total, "", True)


def _path(folder: Path, locale: str) -> Path:
    return folder / locale / "LC_MESSAGES" / "messages.po"


@lru_cache(maxsize=512)
def _read(path: Path, _changed: int) -> Coverage:
    with path.open("rb") as file:
        catalogue = read_po(file)
    texts = [message for message in catalogue if message.id]
    done = sum(_is_done(message.string) and not message.fuzzy for message in texts)
    lines = [line.lstrip("# ").strip() for line in catalogue.header_comment.splitlines()]
    read_by = [line.partition(":")[2].strip() for line in lines if line.startswith("Reviewed by")]
    is_draft = any(line.startswith("Draft") for line in lines) or not read_by
    return Coverage(done, len(texts), ", ".join(read_by), is_draft)


def _is_done(string: object) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def languages_of(country: str) -> list[str]:
    """Return the official languages of a country that the portal could speak, shipped ones first."""
    found = [code.split("_")[0] for code in get_official_languages(country, de_facto=True)]
    return sorted(set(found), key=lambda code: (code not in SHIPPED, found.index(code)))


def is_source(locale: str) -> bool:
    """Whether a language is the one in which texts are written."""
    return locale == SOURCE
