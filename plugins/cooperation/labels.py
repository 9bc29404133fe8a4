"""Words for what stands in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from babel.dates import format_date

from plugins.cooperation.models import Reference
from portal.i18n import _, locale
from portal.i18n import lazy_gettext as lazy

KINDS: Mapping[str, Any] = {
    "agreement": lazy("Learning agreement or memorandum"),
    "certificate": lazy("Certificate of attendance"),
    "transcript": lazy("Transcript or assessment"),
    "grant": lazy("Grant agreement or its report"),
    "other": lazy("Another dated document"),
}


def month_name(month: str | date | datetime) -> str:
    """Return a month in words: "September 2025"."""
    day = date.fromisoformat(f"{month}-01") if isinstance(month, str) else month
    return str(format_date(day, "LLLL y", locale=locale()))


def months(first: str, last: str) -> str:
    """Return from when until when, as months."""
    start, end = month_name(first), month_name(last)
    if start == end:
        return end
    return _("%(first)s to %(last)s", first=start, last=end)


def giver(row: Reference) -> str:
    """Say who gave a reference, or was asked: an organisation, or what an address shows of one."""
    return row.giver.name if row.giver is not None else by_mail(row.domain)


def by_mail(domain: str) -> str:
    """Say whose an address is, as far as its domain tells."""
    if not domain:
        return _("Somebody by mail, whose address shows no organisation")
    return _("Somebody with an address at %(domain)s", domain=domain)
