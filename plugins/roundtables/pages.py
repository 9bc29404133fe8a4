"""What templates show: plain rows made of series, tables, interests and draws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from markupsafe import Markup

from plugins.roundtables import (
    after,
    checking,
    drawing,
    groups,
    labels,
    pooling,
    queries,
    registering,
    tokens,
)
from plugins.roundtables.models import (
    ACCEPTED,
    ASKED,
    ATTENDED,
    CANCELLED,
    EXPIRED,
    HELD,
    OFFERED,
    PLACED,
    PUBLISHED,
    WITHDRAWN,
    Draw,
    Interest,
    Place,
    RoundTable,
    Series,
)
from plugins.roundtables.telling import Moment
from portal.context import Context
from portal.i18n import _, day, language_name, locale, ngettext, number

OTHER = "other"
ACROSS = 50
"""Tiles in a row of the picture of the tickets."""


def moment(at: Any, zone: str) -> str:
    """Write a moment in the zone of its series."""
    return str(Moment(at, zone))


def own_url(interest: Interest) -> str:
    """Return the address of a person's own page."""
    return tokens.mine(interest)


def card(ctx: Context, row: Series, tables: Sequence[RoundTable], count: int) -> dict[str, Any]:
    """Return a series for the list."""
    state = registering.window(ctx, row)
    spoken = sorted({item.lang for item in tables})
    return {
        "row": row,
        "host": row.organisation,
        "url": f"/round-tables/{row.slug}",
        "window": state,
        "closes": moment(row.closes_at, row.zone),
        "opens": moment(row.opens_at, row.zone),
        "first": moment(tables[0].starts_at, row.zone) if tables else "",
        "tables": ngettext("%(num)s round table", "%(num)s round tables", len(tables)),
        "seats": ngettext("%(num)s seat", "%(num)s seats", sum(item.seats for item in tables)),
        "spoken": ", ".join(language_name(code, locale()) for code in spoken),
        "count": count,
    }


def table(series: Series, row: RoundTable) -> dict[str, Any]:
    """Return a table for its page; never with the joining link."""
    local = row.starts_at.astimezone(ZoneInfo(series.zone))
    return {
        "row": row,
        "when": moment(row.starts_at, series.zone),
        "iso": row.starts_at.isoformat(),
        "short": f"{day(local, 'medium')}, {local:%H:%M}",
        "length": ngettext("%(num)s minute", "%(num)s minutes", row.minutes),
        "seats": ngettext("%(num)s seat", "%(num)s seats", row.seats),
        "language": language_name(row.lang, locale()),
        "supports": [labels.support(key) for key in row.supports],
    }


def choosable(ctx: Context, series: Series) -> list[tuple[str, str]]:
    """Return the tables that can be chosen, with their words."""
    found = []
    for row in queries.tables(series):
        if row.starts_at > ctx.clock.now():
            shown = table(series, row)
            words = f"{row.number}. {row.topic} – {shown['short']} – {shown['language']}"
            found.append((row.public_id, words))
    return found


def facts(series: Series) -> list[tuple[str, Any]]:
    """Return the facts of a series."""
    return [
        (_("Host"), series.organisation.name),
        (_("Registration"), _(
            "%(opens)s to %(closes)s",
            opens=moment(series.opens_at, series.zone),
            closes=moment(series.closes_at, series.zone),
        )),
        (_("Time zone"), series.zone),
        (_("Language"), language_name(series.lang, locale())),
    ]  # fmt: skip


def rules(series: Series) -> list[tuple[str, Any]]:
    """Return the published rules of an allocation."""
    named = [groups.title(series, key) for key in groups.keys(series)]
    weighed = ", ".join(
        f"{groups.title(series, key)} × {weight}" for key, weight in series.weights.items()
    )
    rows = [
        (_("Groups that count"), ", ".join(named)),
        (_("Most people of one organisation at one table"), number(series.org_cap)),
        (_("Most places for one person"), number(series.seats_per_person)),
        (
            _("Time to accept an offer"),
            ngettext("%(num)s hour", "%(num)s hours", series.offer_hours),
        ),
    ]
    return rows + ([(_("Weights"), weighed)] if weighed else [])


def json_ld(series: Series, tables: Sequence[RoundTable]) -> Markup:
    """Return the tables as schema.org events, safe inside a script element; no joining link."""
    base = current_app.config["PORTAL"].base_url.rstrip("/")
    url = f"{base}/round-tables/{series.slug}"
    status = "https://schema.org/Event"
    found = [
        {
            "@context": "https://schema.org",
            "@type": "Event",
            "name": row.topic,
            "description": series.purpose[:300],
            "startDate": row.starts_at.isoformat(),
            "endDate": row.ends_at.isoformat(),
            "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
            "eventStatus": status + ("Cancelled" if row.cancelled_at else "Scheduled"),
            "inLanguage": row.lang,
            "location": {"@type": "VirtualLocation", "url": url},
            "organizer": {"@type": "Organization", "name": series.organisation.name},
            "maximumAttendeeCapacity": row.capacity,
            "url": url,
        }
        for row in tables
    ]
    text = json.dumps(found, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704


def standing(
    ctx: Context, series: Series, interest: Interest, places: Sequence[Place]
) -> list[Any]:
    """Say in plain words where somebody stands: kind of notice, title, sentence."""
    states = {place.state for place in places}
    when = moment(series.closes_at, series.zone)
    if interest.state == WITHDRAWN:
        return ["info", _("You withdrew"), _("Your interest does not count any more.")]
    if series.state == CANCELLED:
        return ["bad", _("These round tables are cancelled"), _("We are sorry.")]
    if interest.state == ASKED:
        until = moment(series.freezes_at, series.zone)
        return [
            "warn",
            _("Not confirmed yet"),
            _("Press the button below until %(when)s.", when=until),
        ]
    if OFFERED in states:
        return ["warn", _("You are offered a place"), _("Accept or decline it below.")]
    if ACCEPTED in states:
        return ["ok", _("You have a place"), _("We look forward to you.")]
    if ATTENDED in states:
        return ["ok", _("You were there"), _("Thank you for coming.")]
    if series.state == PUBLISHED:
        told = _(
            "You can change your choices until %(when)s. After that you hear from us.", when=when
        )
        return ["ok", _("Your interest is confirmed"), told]
    if series.state == PLACED and states & {"declined", "left", EXPIRED}:
        return ["info", _("You have no place"), _("You gave it back, or did not answer in time.")]
    if series.state == PLACED:
        return ["info", _("No place for now"), _("You are in line for places that are given back.")]
    if series.state == HELD:
        return ["info", _("These round tables were held"), _("You had no place.")]
    return ["info", _("Places are being allocated"), _("You are among those who take part. You hear from us.")]  # fmt: skip


def own_place(ctx: Context, series: Series, place: Place) -> dict[str, Any]:
    """Return a place for its person's page."""
    now, row = ctx.clock.now(), place.table
    gate = checking.gate_state(row.starts_at, row.ends_at, now)
    is_offer = place.state == OFFERED and place.answer_by > now
    return {
        **table(series, row),
        "place": place,
        "state": labels.place(EXPIRED if place.state == OFFERED and not is_offer else place.state),
        "is_offer": is_offer,
        "may_leave": place.state == ACCEPTED and row.ends_at > now,
        "answer_by": moment(place.answer_by, series.zone),
        "gate_url": tokens.gate(place, place.interest)
        if place.state in (ACCEPTED, ATTENDED) and not row.cancelled_at and gate != "over"
        else "",
        "gate": gate,
    }


def why(series: Series, interest: Interest) -> dict[str, Any] | None:
    """Return what a person reads about the draw: chance, tickets, groups, comparison, the line."""
    made = queries.draw_of(series)
    if made is None or made.state != "shown":
        return None
    told = drawing.explain(made, interest.receipt)
    if told is None:
        return None
    found, others, held = told
    titles = {row.key: row.topic for row in queries.tables(series, with_cancelled=True)}
    return {
        "draw": made,
        "held": found.held,
        "tickets": found.tickets,
        "percent": number(found.chance * 100, 1),
        "people": made.figures["people"],
        "seats": made.figures["seats"],
        "tiles": _tiles(set(held), made.ticket, found.tickets),
        "ways": [
            (_("This draw"), found.chance, "act"),
            (_("A plain lottery"), others[1], ""),
            (_("First come, first served"), others[0], ""),
        ],
        "order": interest.position,
        "groups": [
            (
                f"{groups.title(series, group.feature)}: {groups.value_name(group.feature, group.value)}",
                number(group.asked),
                _("%(least)s to %(most)s", least=number(group.fewest), most=number(group.most)),
            )
            for group in found.groups
        ],
        "limits": _limits(found, titles),
        "is_seated": any(
            code == interest.receipt
            for code, _table in json.loads(drawing.result_text(made))["tickets"][made.ticket or 0]
        ),
        "record": drawing.fingerprint(made, interest.receipt),
    }


def _limits(found: Any, titles: dict[str, str]) -> list[str]:
    told = [
        _(
            "%(topic)s was wanted by %(asked)s people for %(places)s places.",
            topic=titles.get(key, key),
            asked=number(found.asked[key]),
            places=number(found.places[key]),
        )
        for key in found.asked
    ]
    if "organisation" in found.limits:
        told.append(
            _(
                "In %(num)s of the tickets somebody else of your organisation had a seat at a table "
                "that you chose.",
                num=number(found.colleagues),
            )
        )
    return told


def _tiles(held: set[int], drawn: int | None, total: int) -> dict[str, Any]:
    """Return the tickets as rows of tiles: with the person, without, the drawn one."""
    cells = [
        (at % ACROSS * 12, at // ACROSS * 12, "mine" if at in held else "other")
        for at in range(total)
    ]
    mark = None if drawn is None else (drawn % ACROSS * 12, drawn // ACROSS * 12)
    return {"cells": cells, "mark": mark, "width": ACROSS * 12, "height": -(-total // ACROSS) * 12}


def line(series: Series, interest: Interest) -> list[tuple[str, str]]:
    """Return somebody's place in line for each table they want, if a seat there came free now."""
    titles = {row.key: row.topic for row in queries.tables(series)}
    found = pooling.standing_of(series, interest.receipt)
    return [(titles[key], number(place)) for key, place in found.items() if key in titles]


def figures(made: Draw) -> dict[str, Any]:
    """Return what a try, or a committed draw, shows to its host and to everybody."""
    told = made.figures
    points = [
        {
            "name": name,
            "title": labels.preset(name),
            "loss": checking.PRESETS[name],
            "groups": round(point["coverage"] * 100),
            "even": point["simpson"],
            "lowest": point["lowest"],
            "one_in": round(1 / point["lowest"]) if point["lowest"] else 0,
            "first": round(point["first_choice"] * 100),
            "bound": point["bound"],
            "gini": point["gini"],
        }
        for name in checking.PRESETS
        if (point := told.get("points", {}).get(name))
    ]
    chosen = told.get("preset", "balanced")
    return {
        "points": points,
        "chosen": next((point for point in points if point["name"] == chosen), None),
        "rivals": [
            {
                "title": title,
                "groups": round(one["coverage"] * 100),
                "lowest": one["lowest"],
                "without": one["without"],
            }
            for title, one in zip(
                (_("First come, first served"), _("A plain lottery")),
                told.get("rivals", []),
                strict=False,
            )
        ],
        "people": told.get("people", 0),
        "seats": told.get("seats", 0),
        "problems": told.get("problems", []),
        "is_exact": told.get("exact", True),
    }


def curve(shown: dict[str, Any]) -> dict[str, Any]:
    """Return the points of the picture "what each setting costs": groups to the right, chance up."""
    points, others = shown["points"], shown["rivals"]
    if not points:
        return {}
    top = max([point["lowest"] for point in (*points, *others)] + [0.01]) * 1.15
    left = min(point["groups"] for point in (*points, *others)) - 3

    def place(one: dict[str, Any]) -> dict[str, Any]:
        x = 60 + (one["groups"] - left) / max(1, 103 - left) * 460
        return {"x": round(x), "y": round(220 - one["lowest"] / top * 190), "title": one["title"]}

    return {
        "points": [place(one) for one in sorted(points, key=lambda one: one["groups"])],
        "others": [place(one) for one in others],
        "marks": [
            (round(220 - share * 190), number(top * share * 100, 0))
            for share in (0, 0.25, 0.5, 0.75)
        ],
    }


def presence(series: Series, made: Draw) -> list[dict[str, Any]]:
    """Return at how many tables each group sits, on average, for the chosen answer."""
    points = made.figures.get("points", {})
    point = points.get(made.figures.get("preset", "balanced"), {})
    tables = len(queries.tables(series))
    found = []
    counted = made.figures.get("groups", {})
    for key in (key for key in groups.keys(series) if key in counted):
        rows = []
        small = 0
        for value, count in sorted(counted[key].items(), key=lambda pair: -pair[1]):
            if count < groups.SMALLEST_SHOWN:
                small += count
                continue
            mean = point.get("presence", {}).get(key, {}).get(value, 0)
            rows.append(
                (groups.value_name(key, value), number(count), round(mean), number(mean, 1), tables)
            )
        found.append({"title": groups.title(series, key), "rows": rows, "small": small})
    return found


def counts(series: Series) -> list[dict[str, Any]]:
    """Return how many of each group registered, were offered a place and came."""
    told = series.counts or queries.counts(series)
    return [
        {
            "title": groups.title(series, key),
            "rows": [
                [
                    _("fewer than five each") if value == OTHER else groups.value_name(key, value),
                    *(number(cell) for cell in cells),
                ]
                for value, cells in told[key].items()
            ],
        }
        for key in groups.keys(series)
        if key in told
    ]


def findings(row: RoundTable) -> list[tuple[str, list[str]]]:
    """Return the outcomes of a table: title and lines of each part that says something."""
    return [
        (labels.finding(name), [line for line in row.findings.get(name, "").splitlines() if line])
        for name in after.FOUND
        if row.findings.get(name)
    ]


def person(row: Interest, tables: dict[int, RoundTable], places: Sequence[Place]) -> dict[str, Any]:
    """Return somebody for the host's list."""
    return {
        "row": row,
        "state": labels.person(row.state),
        "choices": " ".join(str(tables[n].number) for n in row.choices if n in tables),
        "places": [(tables[one.table_id].topic, labels.place(one.state)) for one in places],
    }


def steps(series: Series, draw: Draw | None) -> list[tuple[str, str]]:
    """Return how far an allocation is, for the bar of steps."""
    words = [_("Registration closed"), _("Tried out"), _("Committed"), _("Drawn"), _("Published")]
    at = 0 if series.state == PUBLISHED else 1
    if draw is not None:
        at = {"committed": 3, "drawn": 4, "shown": 5}.get(draw.state, 1)
    if series.state in (PLACED, HELD):
        at = 5
    return [(word, "done" if i < at else "now" if i == at else "") for i, word in enumerate(words)]
