"""What the words of entries are called on pages, in the language of the reader."""

from __future__ import annotations

from datetime import date
from typing import Any

from plugins.directory.rules import SCHEMES
from portal import i18n
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import labels

_FIELDS = {
    "identifiers": lazy("Identifiers"),
    "names": lazy("Other names"),
    "position": lazy("Point on the map"),
    "languages": lazy("Languages"),
    "fields": lazy("Fields of education"),
    "roles": lazy("Roles in mobility"),
    "description": lazy("Description"),
}
_KINDS = {
    "alias": lazy("also called"),
    "acronym": lazy("short form"),
    "former": lazy("former name"),
    "translation": lazy("translated name"),
}

PROVEN_BY = {
    "letter-oid": lazy("verified on %(day)s by letter with its OID"),
    "letter-pic": lazy("verified on %(day)s by letter with its PIC"),
    "letter": lazy("verified on %(day)s by letter with its number"),
    "website": lazy("verified on %(day)s by a sign on its website"),
    "members": lazy("verified on %(day)s by two verified people"),
    "reviewed": lazy("verified on %(day)s by the portal"),
}


def verified_text(fact: str) -> str:
    """Say how and when an organisation was verified, from the fact that keeps it; may be empty.

    A fact is one of `PROVEN_BY` and a day, such as "website 2026-05-03".
    """
    proof, _blank, day = fact.partition(" ")
    if proof not in PROVEN_BY:
        return ""
    return str(PROVEN_BY[proof]) % {"day": i18n.day(date.fromisoformat(day))}


def field_name(field: str) -> str:
    """Return what a fact is called; unknown ones keep their key."""
    return str(_FIELDS[field]) if field in _FIELDS else labels.field_name(field)


def kind_name(kind: str) -> str:
    """Return what kind of other name this is."""
    return str(_KINDS.get(kind, kind))


def scheme_name(scheme: str) -> str:
    """Return what a register's numbers are called."""
    known = SCHEMES.get(scheme, {}).get("title") or scheme.upper()
    return _("national number") if scheme == "national" else str(known)


def language_name(lang: str) -> str:
    """Return a language as the reader calls it."""
    return i18n.language_name(lang, i18n.locale())


def field_text(field: str, value: Any) -> str:
    """Return names or numbers as people read them."""
    if field == "identifiers":
        return ", ".join(f"{scheme_name(scheme)} {number}" for scheme, number in value or ())
    return ", ".join(f"{name} ({kind_name(kind)})" for name, kind, _lang in value or ())
