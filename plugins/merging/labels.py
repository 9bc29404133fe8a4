"""What reasons and outcomes are called on pages, in the language of the reader."""

from __future__ import annotations

from plugins.directory import interface as directory
from portal.i18n import _, country_name, language_name, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations import labels
from portal.organisations.models import MEMBER_ROLES, Organisation

_REASONS = {
    "number": lazy("the same number in a register"),
    "name": lazy("the same name in the same country"),
    "website": lazy("the same website"),
}


def reason(key: str) -> str:
    """Return why two entries may be one."""
    return str(_REASONS[key])


def roles() -> list[tuple[str, str]]:
    """Return what somebody who comes along may get, the empty one for those who do not."""
    return [*((name, labels.role_name(name)) for name in MEMBER_ROLES), ("", _("leave out"))]


def about(organisation: Organisation) -> list[tuple[str, str]]:
    """Return what an entry says of itself, for two columns side by side."""
    names = [
        f"{row.name} ({language_name(row.lang, locale())})" if row.lang else row.name
        for row in directory.names(organisation.id)
    ]
    numbers = [
        f"{directory.scheme_name(row.scheme)} {row.value}"
        for row in directory.identifiers(organisation.id)
    ]
    facts = [(labels.field_name(key), getattr(organisation, key)) for key in ("region", "city")]
    return [
        (_("State"), labels.state_name(organisation.state)),
        (labels.field_name("type"), labels.type_name(organisation.type)),
        (labels.field_name("country"), country_name(organisation.country)),
        *facts,
        (labels.field_name("website"), organisation.website),
        (directory.field_name("names"), "; ".join(names)),
        (directory.field_name("identifiers"), "; ".join(numbers)),
    ]


def url(organisation: Organisation) -> str:
    """Return the entry's page for administrators."""
    return f"/organisations/{organisation.slug}/"
