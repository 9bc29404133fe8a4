"""Kinds of notices, how people are told, and words that wait for a language: plain values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.i18n import Lazy
from portal.settings import hint

AT_ONCE, DAILY, NONE = "at_once", "daily", "none"
HOWS = (AT_ONCE, DAILY, NONE)
KEYS = ("kind", "title", "default", "fixed")


@dataclass(frozen=True)
class Kind:
    """A kind of notice. Of a fixed one people are always told as its default says."""

    name: str
    title: Any
    default: str = AT_ONCE
    is_fixed: bool = False


def checked_kind(plugin: str, raw: Mapping[str, Any]) -> Kind:
    """Read an answer to the hook `notice_list`. Raises ValueError with the remedy."""
    for key in raw:
        if key not in KEYS:
            raise ValueError(f"Notice {raw}: unknown key {key!r}.{hint(key, KEYS)}")
    name, default = str(raw.get("kind", "")), raw.get("default", AT_ONCE)
    if not name.startswith(f"{plugin}.") or not raw.get("title"):
        raise ValueError(f"Notice {name!r}: name it {plugin}.<what_happened> and give a title.")
    if default not in HOWS:
        raise ValueError(f"Notice {name!r}: default {default!r}. Choose one of {', '.join(HOWS)}.")
    return Kind(name, raw["title"], default, bool(raw.get("fixed")))


def next_digest(now: datetime, hour: int) -> datetime:
    """Return the next full hour of that number, in UTC."""
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


# Words


MADE_UP = "made_up"
"""The key of a kept title that says: about an organisation that was made up for demonstration."""


def stored(words: Any) -> dict[str, Any]:
    """Return words as they are kept: marked ones untranslated with their values, others as text."""
    if not isinstance(words, Lazy):
        return {"text": str(words).replace("\0", "")}
    values = {
        name: value if isinstance(value, int | float) else str(value).replace("\0", "")
        for name, value in words.values.items()
    }
    return {"message": words.message, "values": values, "context": words.context}


def words_of(kept: Mapping[str, Any]) -> Any:
    """Return kept words; as text they speak the language in which they are shown."""
    if "text" in kept:
        return kept["text"]
    return Lazy(kept["message"], kept["values"], kept["context"])
