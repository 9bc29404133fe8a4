"""What roles on objects are called on pages."""

from __future__ import annotations

from portal import objects
from portal.i18n import _
from portal.organisations import labels


def role_name(role: str) -> str:
    """Return what somebody with a role may do; roles of plugins are named by their manifest."""
    names = {"Viewer": _("may see it"), "Editor": _("may change it"), "Reviewer": _("may decide")}
    if role in names:
        return names[role]
    for found in objects.registry().found.values():
        for entry in found.manifest.roles if found.manifest else ():
            if entry.get("name") == role:
                return _(entry.get("title") or role)
    return labels.role_name(role)
