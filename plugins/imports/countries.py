"""Reads the country of a file's row, and guesses what was meant where it is no code."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.core import get_global
from rapidfuzz import process

from portal import data
from portal.errors import Invalid
from portal.i18n import SHIPPED, _
from portal.organisations import rules
from portal.text import fold

LANGUAGES = (*SHIPPED, "fr", "pl", "pt", "ro", "el", "tr")


@lru_cache(maxsize=1024)
def country_code(text: str) -> str:
    """Return the ISO alpha-2 code; EL is read as GR and UK as GB.

    Raises Invalid with the nearest valid code, if one is near, for anything else, names of
    countries included.
    """
    try:
        return rules.country_code(text)
    except Invalid:
        nearest = _nearest(text.strip()[:60])
        if not nearest:
            raise
        refusal = _("%(value)s is no two-letter country code. The nearest is %(code)s.")
        values = {"value": text.strip()[:40], "code": nearest}
        raise Invalid(refusal % values, field="country") from None


@lru_cache(maxsize=1024)
def code_of_name(text: str) -> str:
    """Return the code of a country that is written out in a known language, else the text itself."""
    return _words().get(fold(text.strip()), text) if len(text.strip()) > 3 else text


@lru_cache(maxsize=1)
def _words() -> dict[str, str]:
    """Folded names, alpha-3 and other codes of countries, each with its alpha-2 code."""
    codes = rules.country_codes()
    words = {"england": "GB", "scotland": "GB", "wales": "GB", "macedonia": "MK"}
    words |= {
        fold(alias): meant[0]
        for alias, meant in get_global("territory_aliases").items()
        if len(alias) in {2, 3} and alias.isalpha() and meant[0] in codes
    }
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in codes:
                words[fold(str(name))] = str(code)
    return words


def _nearest(text: str) -> str:
    if not text:
        return ""
    words = _words()
    wanted = fold(text)
    if wanted in words:
        return words[wanted]
    if len(text) < 3:
        found = process.extractOne(text.upper(), _of_the_network(), score_cutoff=50)
        return str(found[0]) if found else ""
    found = process.extractOne(wanted, list(words), score_cutoff=80)
    return words[found[0]] if found else ""


@lru_cache(maxsize=1)
def _of_the_network() -> list[str]:
    """The countries on the tile map: what people mean more often than the rest of the world."""
    with (Path(data.__file__).parent / "countries.csv").open(encoding="utf-8", newline="") as lines:
        return [row["code"] for row in csv.DictReader(lines)]
