"""The groups that often count for breadth: what they are called, why, and which values they have."""

from __future__ import annotations

from portal.i18n import _, country_name, language_name, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.labels import type_name
from portal.organisations.models import TYPES
from portal.organisations.rules import country_codes
from portal.text import sort_key

TYPE, COUNTRY, SIZE, LANGUAGE, FEWER, FIRST = (
    "type",
    "country",
    "size",
    "language",
    "fewer",
    "first",
)
TITLES = {
    TYPE: lazy("Kind of organisation"),
    COUNTRY: lazy("Country"),
    SIZE: lazy("Size of the organisation"),
    LANGUAGE: lazy("Language you speak best"),
    FEWER: lazy("Fewer opportunities"),
    FIRST: lazy("First time at such a round table"),
}
HINTS = {
    TYPE: lazy("So that different kinds of organisations sit at the table."),
    COUNTRY: lazy("So that many countries are there."),
    SIZE: lazy("So that small ones are heard beside large ones."),
    LANGUAGE: lazy("So that several languages are there; the table itself has one."),
    FEWER: lazy(
        "Whether you face obstacles such as a disability, a remote home, or little money. Kept "
        "sealed; nobody at the table learns it."
    ),
    FIRST: lazy("So that newcomers are there too."),
}
SIZES = {
    "micro": lazy("1 to 9 people"),
    "small": lazy("10 to 49 people"),
    "medium": lazy("50 to 249 people"),
    "large": lazy("250 people and more"),
}
"""Source: Recommendation 2003/361/EC, annex, article 2 (head counts)."""
YES_NO = {"yes": lazy("Yes"), "no": lazy("No")}
SPOKEN = tuple(
    "bg cs da de el en es et fi fr ga hr hu is it lt lv mk mt nl no pl pt ro sk sl sq sr sv tr uk".split()
)


def values(key: str) -> list[tuple[str, str]]:
    """Return the values of a group with their names."""
    if key == COUNTRY:
        found = [(code, country_name(code)) for code in country_codes()]
    elif key == LANGUAGE:
        found = [(code, language_name(code, locale())) for code in SPOKEN]
    elif key == TYPE:
        return [(kind, type_name(kind)) for kind in TYPES]
    else:
        return [(value, str(name)) for value, name in (SIZES if key == SIZE else YES_NO).items()]
    return sorted(found, key=lambda pair: sort_key(pair[1]))


def value_name(key: str, value: str) -> str:
    """Return what a value is called; what nobody said says so."""
    if not value:
        return _("not said")
    if key == COUNTRY:
        return country_name(value)
    if key == LANGUAGE:
        return language_name(value, locale())
    if key == TYPE:
        return type_name(value)
    return str((SIZES if key == SIZE else YES_NO).get(value, value))
