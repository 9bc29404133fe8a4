"""What reasons and outcomes are called on pages, in the language of the reader."""

from __future__ import annotations

from plugins.directory import interface as directory
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import labels
from portal.organisations import service as core
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
    rows = [(_("State"), labels.state_name(organisation.state))]
    for kind in (core.VERSIONED, directory.VERSIONED):
        for name, value in kind.dump(organisation.id)[1].items():
            if name not in {"name", "registered_name"}:
                rows.append((kind.field_name(name), kind.show(name, value)))
    return rows


def url(organisation: Organisation) -> str:
    """Return the entry's page for administrators."""
    return f"/organisations/{organisation.slug}/"
