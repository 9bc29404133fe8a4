"""Who is told what; nothing that is told before a release depends on what the other sides did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.notices.interface import notify
from plugins.ratings import queries
from plugins.ratings.models import Ending
from portal.context import Context
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

ASKED, RELEASED, SAID = "ratings.asked", "ratings.released", "ratings.said"
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": ASKED, "title": lazy("A placement is over: your organisation may rate it")},
    {"kind": RELEASED, "title": lazy("Ratings of your organisation were published")},
    {"kind": SAID, "title": lazy("Something was decided about a rating")},
)


def asked(ctx: Context, ending: Ending, organisation: Organisation, again: bool = False) -> None:
    """Ask the people of an organisation to rate; of a group's placements they are told once."""
    subject = f"ratings_mobility {ending.mobility} {organisation.id}{' again' if again else ''}"
    title = lazy("A placement is over: how was it for %(name)s?", name=organisation.name)
    if again:
        title = lazy("A week is left to rate a placement for %(name)s", name=organisation.name)
    body = lazy(
        "It takes two minutes. What you say is sealed until all sides have rated, or until the time "
        "for it is over; nobody sees it before."
    )
    _tell(ctx, organisation, ASKED, title, body, "/ratings", subject)


def released(ctx: Context, organisation: Organisation, day: str) -> None:
    """Tell an organisation that ratings of it were published."""
    title = lazy("There are new ratings of %(name)s", name=organisation.name)
    body = lazy("You can answer each in public once, and dispute what is wrong.")
    path = f"/ratings/about/{organisation.slug}"
    _tell(ctx, organisation, RELEASED, title, body, path, f"ratings_day {day} {organisation.id}")


def decided(ctx: Context, organisation: Organisation, title: Any, body: str, subject: str) -> None:
    """Tell one side of a rating what a reviewer decided."""
    _tell(ctx, organisation, SAID, title, body, f"/ratings/about/{organisation.slug}", subject)


def _tell(
    ctx: Context, whom: Organisation, kind: str, title: Any, body: Any, path: str, subject: str
) -> None:
    for account in queries.editors(whom.id):
        notify(ctx, account, kind, title, body, path, subject, bool(whom.is_fictional))
