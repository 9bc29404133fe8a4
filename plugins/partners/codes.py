"""The lists that profiles choose from, and their names in the current language.

Names are texts of the catalogue: the English ones stand in `data/*.csv` and are extracted there.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from portal.i18n import gettext, lazy_gettext, locale

DATA = Path(__file__).parent / "data"

ROLES = {
    "sending": lazy_gettext("Sending"),
    "host": lazy_gettext("Host"),
    "supporting": lazy_gettext("Supporting organisation"),
}
ROLE_ALIASES = {"intermediary": "supporting"}
CLAIMED = {
    "yes": lazy_gettext("Claimed"),
    "no": lazy_gettext("Unclaimed, facts only"),
}
PARTS = {
    "principles": lazy_gettext("Basic principles"),
    "management": lazy_gettext("Good management"),
    "support": lazy_gettext("Quality and support for participants"),
    "sharing": lazy_gettext("Sharing results"),
}
PROJECT_ROLES = {
    "coordinator": lazy_gettext("coordinator"),
    "partner": lazy_gettext("partner"),
    "associated_partner": lazy_gettext("associated partner"),
    "affiliated_entity": lazy_gettext("affiliated entity"),
    "participant": lazy_gettext("participant"),
}


@cache
def keys(name: str) -> Mapping[str, str]:
    """Return a list of the profile (mode, target, inclusion, ...) as key and English name."""
    with (DATA / "profile_keys.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row["label_en"] for row in csv.DictReader(file) if row["list"] == name}


@cache
def commitments() -> Mapping[str, tuple[str, str, str]]:
    """Return the quality standards: key to part, English sentence and source."""
    with (DATA / "commitments.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["key"]: (row["part"], row["label_en"], row["source"])
            for row in csv.DictReader(file)
        }


@cache
def _isced() -> Mapping[str, str]:
    with (DATA / "isced.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["short_en"] or row["label_en"] for row in csv.DictReader(file)}


def is_field(code: str) -> bool:
    """Whether a code is one of ISCED-F 2013."""
    return code in _isced()


def field_codes(level: int) -> list[str]:
    """Return the codes with so many digits: 2 broad, 3 narrow, 4 detailed."""
    return [code for code in _isced() if len(code) == level]


def parents(code: str) -> list[str]:
    """Return a field's code with all that hold it, the broadest first."""
    return [
        code[:length] for length in (2, 3, 4) if length <= len(code) and code[:length] in _isced()
    ]


def field_name(code: str) -> str:
    """Return a field of education in the current language; the code when it is unknown."""
    return _field_name(code, locale())


@lru_cache(maxsize=4096)
def _field_name(code: str, _locale: str) -> str:
    english = _isced().get(code)
    return gettext(english) if english else code


def field_name_in_all(code: str) -> list[str]:
    """Return the English name of a field and of those that hold it, to be searched."""
    return [_isced()[part] for part in parents(code)]


def key_name(name: str, key: str) -> str:
    """Return an entry of a profile list in the current language; the key when it is unknown."""
    english = keys(name).get(key)
    return gettext(english) if english else key


def commitment_name(key: str) -> str:
    """Return a quality standard as a sentence in the current language."""
    found = commitments().get(key)
    return gettext(found[1]) if found else key


def name_of(names: Mapping[str, object], key: str) -> str:
    """Return the entry of one of this module's tables; the key when it is unknown."""
    return str(names[key]) if key in names else key
