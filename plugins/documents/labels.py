"""What the words of documents are called on pages."""

from __future__ import annotations

from plugins.documents import rules
from plugins.documents.models import Version
from portal.i18n import _, number


def audience(key: str) -> str:
    """Return who reads a document."""
    names = {
        rules.MEMBERS: _("All members"),
        rules.CONTACTS: _("Lead and contacts"),
        rules.PUBLIC: _("Everybody"),
    }
    return names.get(key, key)


def audience_help(key: str) -> str:
    """Return in a sentence who that is."""
    names = {
        rules.MEMBERS: _("All members: everybody who belongs to a member organisation"),
        rules.CONTACTS: _("Lead and contacts: those who may write for the lead or for a member"),
        rules.PUBLIC: _(
            "Everybody: people without an account too, once the consortium has started"
        ),
    }
    return names.get(key, key)


def size(amount: int) -> str:
    """Return a size as people write it."""
    if amount < rules.MEGABYTE:
        return _("%(size)s kB", size=number(max(round(amount / 1_000), 1)))
    return _("%(size)s MB", size=number(rules.megabytes(amount)))


def changes(before: Version | None, after: Version) -> str:
    """Return what a version changed."""
    if after.restored:
        return _("Version %(number)s was brought back", number=after.restored)
    names = {
        "added": _("Added"),
        "title": _("Another title, before: %(title)s", title=before.title if before else ""),
        "audience": _("Read by: %(who)s", who=audience(after.audience)),
        "file": _("Another file"),
    }
    return "; ".join(names[key] for key in rules.changed(before, after))
