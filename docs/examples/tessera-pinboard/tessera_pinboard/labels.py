"""What kinds of notice are called."""

from __future__ import annotations

from portal.i18n import _
from tessera_pinboard.models import NEWS, OFFER, WANTED, Notice


def kind_name(kind: str) -> str:
    """Return a kind's name in the language of the page."""
    return {OFFER: _("Offered"), WANTED: _("Wanted"), NEWS: _("News")}[kind]


def writer_name(notice: Notice) -> str:
    """Return who wrote a notice, also when the account is gone."""
    return str(notice.account.name) if notice.account else _("somebody whose account is gone")
