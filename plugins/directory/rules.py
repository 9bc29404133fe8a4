"""What names, numbers and websites must be like: decisions on plain values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError

from plugins.directory.names import soften
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations import rules

SHARED_BY_MANY = 3
"""A domain of more organisations than this (a city's, a provider's) says nothing."""
_SHARED = tomllib.loads((Path(__file__).parent / "shared_domains.toml").read_text("utf-8"))
PLATFORMS = frozenset(_SHARED["pages"].split())
"""Hosts under which unrelated people have pages: sharing one says nothing."""
SHARED = frozenset(domain for kind in _SHARED.values() for domain in kind.split())
"""These, providers of mail for everybody and public bodies with many offices."""
KINDS = ("alias", "acronym", "former", "translation")
MOST = 30
"""Other names, and numbers, that one organisation may have."""
SCHEMES: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "schemes.toml").read_text(encoding="utf-8")
)
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_SCHEME = re.compile(r"[a-z][a-z0-9_-]{0,19}")


_ADDRESS = re.compile(r"://|\bwww\.|@|\.[a-z]{2,}/", re.IGNORECASE)
"""What programs that show mail make a link of."""


def is_known_as_shared(domain: str) -> bool:
    """Whether a domain, or one above it, is listed as shared by many."""
    parts = domain.split(".")
    return any(".".join(parts[at:]) in SHARED for at in range(len(parts) - 1))


def check_no_address(values: Mapping[str, str]) -> None:
    """Refuse web and mail addresses in what people type as name, town or region.

    Mails of the portal name organisations: a link in a name would be mailed to strangers. Lists that
    are imported may hold such names; nobody outside can write those. Raises Invalid.
    """
    for field in ("name", "city", "region"):
        if _ADDRESS.search(values.get(field, "")):
            raise Invalid(_("Leave addresses of the web and of mail out of this field."), field)


def softened(values: Mapping[str, str]) -> dict[str, str]:
    """Return what becomes of values whose name or town is wholly in capitals; may be empty."""
    better: dict[str, str] = {}
    name = soften(values.get("name", ""))[: rules.NAME_LENGTH]
    if name != values.get("name", ""):
        better = {"name": name, "registered_name": values["name"]}
        better["folded_name"] = rules.folded(name)
    if town := values.get("city", ""):
        better["city"] = _town(town)
    return better


def _town(text: str) -> str:
    town = soften(text)
    return town.capitalize() if town.isupper() and town.isalpha() and len(town) > 3 else town


def _lei_adds_up(value: str) -> bool:
    """Whether the check digits of a legal entity identifier fit (ISO 17442, ISO 7064 mod 97-10)."""
    return int("".join(str(int(sign, 36)) for sign in value)) % 97 == 1


def _ror_adds_up(value: str) -> bool:
    """Whether the check digits of a ROR id fit: ISO 7064 mod 97-10 over Crockford's base 32.

    Source: the identifier pattern at ror.readme.io.
    """
    number = 0
    for sign in value[:-2]:
        number = number * 32 + _CROCKFORD.index(sign)
    return (number * 100 + int(value[-2:])) % 97 == 1


CHECK_DIGITS: dict[str, Callable[[str], bool]] = {"lei": _lei_adds_up, "ror": _ror_adds_up}


def identifier(scheme: str, value: str) -> tuple[str, str]:
    """Return an identifier as it is kept. OID, PIC, LEI and ROR are checked for their shape.

    The check digits of LEI and ROR find every single wrong character and most that were swapped.
    """
    scheme = scheme.strip().lower()
    value = rules.clean_text(value, "identifiers", 60).replace(" ", "")
    if not _SCHEME.fullmatch(scheme) or not value:
        told = _("%(value)s is no identifier. Write scheme:value, for example pic:123456789.")
        raise Invalid(told % {"value": f"{scheme}:{value}"[:60]}, field="identifiers")
    known = SCHEMES.get(scheme, {})
    if scheme == "ror":
        value = value.rstrip("/").rpartition("/")[2]
    if "letters" in known:
        value = value.upper() if known["letters"] == "upper" else value.lower()
    is_right = re.fullmatch(known.get("shape", ".*"), value, re.ASCII)
    if not is_right or (scheme in CHECK_DIGITS and not CHECK_DIGITS[scheme](value)):
        told = _("%(value)s is no %(scheme)s number; please check its digits.")
        raise Invalid(told % {"value": value, "scheme": scheme.upper()}, field="identifiers")
    return scheme, value


def other_name(name: str, kind: str, lang: str) -> dict[str, str]:
    """Return another name as it is kept. Raises Invalid naming the field."""
    if kind not in KINDS:
        raise Invalid(_("Choose one of the kinds listed."), field="kind")
    return {"name": rules.clean_name(name), "kind": kind, "lang": language(lang)}


def language(text: str) -> str:
    """Return the tag of a language (BCP 47), such as de or sr-Latn; may be empty."""
    tag = text.strip()
    if not tag:
        return ""
    try:
        return str(Locale.parse(tag, sep="-")).replace("_", "-")
    except (ValueError, TypeError, UnknownLocaleError):
        raise Invalid(
            _("%(value)s is no code of a language, such as de or lv.", value=tag[:20]), field="lang"
        ) from None
