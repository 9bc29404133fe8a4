"""What templates show: plain rows made of tables, seats and outcomes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import segno
from flask import current_app
from markupsafe import Markup

from plugins.attendance import outcomes, rules
from plugins.attendance.models import Outcome
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Seat, Series, Table
from portal.context import Context
from portal.i18n import _, day, ngettext
from portal.i18n import lazy_gettext as lazy

STATES = {
    "accepted": (lazy("not known yet"), ""),
    "attended": (lazy("came"), "ok"),
    "absent": (lazy("did not come"), ""),
    "excused": (lazy("excused"), ""),
}
PARTS = {
    "notes": lazy("What was said"),
    "agreed": lazy("What was agreed"),
    "open": lazy("What stays open"),
}


def absolute(path: str) -> str:
    """Return the whole address of a page."""
    return f"{current_app.config['PORTAL'].base_url.rstrip('/')}{path}"


def table(series: Series, row: Table) -> dict[str, Any]:
    """Return a table for a page; never with the joining link."""
    return {
        "row": row,
        "when": roundtables.moment(row.starts_at, series.zone),
        "iso": row.starts_at.isoformat(),
        "length": ngettext("%(num)s minute", "%(num)s minutes", row.minutes),
        "base": f"/round-tables/{series.slug}/tables/{row.public_id}",
        "outcome": f"/round-tables/{series.slug}/outcomes/{row.number}",
    }


def seats(rows: Sequence[Seat], states: dict[int, str]) -> list[dict[str, Any]]:
    """Return people with their state and whether they took a certificate."""
    return [
        {
            "row": row,
            "state": STATES[row.state],
            "certificate": states.get(row.id, ""),
            "groups": ", ".join(filter(None, row.groups.values())),
        }
        for row in rows
    ]


def arrived(rows: Sequence[Seat]) -> str:
    """Say how many came of those who are expected."""
    count = sum(row.state == roundtables.ATTENDED for row in rows)
    return _("%(came)s of %(all)s came.", came=count, all=len(rows))


def qr(seat: Seat) -> Markup:
    """Return the picture that somebody shows the host at the door."""
    made = segno.make(absolute(f"/round-tables/check-in/{seat.public_id}"), error="m", micro=False)
    svg = made.svg_inline(
        border=3, omitsize=True, dark="#000", light="#fff", title=_("Your code at the door")
    )
    return Markup(svg)  # noqa: S704  our own


def outcome(ctx: Context, series: Series, row: Table, found: Outcome) -> dict[str, Any]:
    """Return the outcomes of a table for their page."""
    shown = table(series, row)
    published = found.published_at or ctx.clock.now()
    return {
        **shown,
        "is_public": found.published_at is not None,
        "parts": [
            (str(title), rules.lines(found.findings.get(name, "")))
            for name, title in PARTS.items()
            if found.findings.get(name)
        ],
        "actions": [
            {**one, "day": day(date.fromisoformat(one["due"])) if one["due"] else ""}
            for one in outcomes.actions_of(found)
        ],
        "related": outcomes.related(ctx, found),
        "named": outcomes.named(series, row),
        "comments": outcomes.comments(series, row, "shown"),
        "citation": citation(series, row, found, published),
        "version": found.version,
        "published": day(published),
    }


def citation(series: Series, row: Table, found: Outcome, published: Any) -> str:
    """Return the line by which others cite the outcomes."""
    return _(
        "%(host)s (%(year)s). %(topic)s: outcomes of a round table of “%(series)s”, %(held)s. "
        "Version %(version)s. %(url)s",
        host=series.host_name,
        year=f"{published:%Y}",
        topic=row.topic,
        series=series.title,
        held=day(row.starts_at),
        version=found.version,
        url=absolute(table(series, row)["outcome"]),
    )


def json_ld(series: Series, row: Table, found: Outcome) -> Markup:
    """Return the outcomes as a schema.org report, safe inside a script element."""
    url = absolute(table(series, row)["outcome"])
    published = found.published_at.isoformat() if found.published_at else None
    said = {
        "@context": "https://schema.org",
        "@type": "Report",
        "@id": url,
        "url": url,
        "name": row.topic,
        "inLanguage": series.lang,
        "datePublished": published,
        "version": found.version,
        "publisher": {"@type": "Organization", "name": series.host_name},
        "text": "\n".join(found.findings.get(name, "") for name in rules.FOUND).strip(),
        "about": {
            "@type": "Event",
            "name": row.topic,
            "startDate": row.starts_at.isoformat(),
            "endDate": row.ends_at.isoformat(),
            "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
            "location": {
                "@type": "VirtualLocation",
                "url": absolute(f"/round-tables/{series.slug}"),
            },
            "organizer": {"@type": "Organization", "name": series.host_name},
        },
    }
    text = json.dumps(said, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704


def pictures(series: Series) -> list[dict[str, Any]]:
    """Return how many of each group registered, were offered a place and came, with bars."""
    return [{**group, "bars": rules.bars(group["raw"])} for group in roundtables.counts(series)]
