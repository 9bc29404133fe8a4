"""What wishes are called on pages."""

from __future__ import annotations

from plugins.composer.composing import Need
from plugins.partners.interface import ROLES, field_name, key_name
from portal.i18n import _, country_name, language_name, locale, number


def need_text(need: Need) -> str:
    """Return a wish in a line, such as: Host in Latvia for welding."""
    parts = [str(ROLES.get(need.part, need.part))]
    if need.country:
        parts.append(country_name(need.country))
    if need.field:
        parts.append(field_name(need.field))
    if need.language:
        parts.append(language_name(need.language, locale()))
    if need.places:
        parts.append(_("for a group of %(size)s", size=need.places))
    if need.inclusion:
        parts.append(key_name("inclusion", need.inclusion))
    if need.least:
        parts.append(_("rated %(score)s or more", score=number(need.least / 10, 1)))
    return ", ".join(parts)
