"""What templates show: plain rows made of series, tables, interests and draws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from markupsafe import Markup

from plugins.allocation import interface as allocation
from plugins.allocation.interface import pictures
from plugins.calendars.interface import Moment
from plugins.roundtables import (
    checking,
    drawing,
    groups,
    labels,
    models,
    pooling,
    queries,
    registering,
    tokens,
)
from plugins.roundtables.models import Draw, Interest, Place, RoundTable, Series
from portal.context import Context
from portal.i18n import _, day, language_name, locale, ngettext, number

OTHER = "other"


def moment(at: Any, zone: str) -> str:
    """Write a moment in the zone of its series."""
    return str(Moment(at, zone))


def card(ctx: Context, row: Series, tables: Sequence[RoundTable], count: int) -> dict[str, Any]:
    """Return a series for the list."""
    state = registering.window(ctx, row)
    spoken = sorted({item.lang for item in tables})
    return {
        "row": row, "host": row.organisation, "url": f"/round-tables/{row.slug}", "window": state,
        "closes": moment(row.closes_at, row.zone), "opens": moment(row.opens_at, row.zone),
        "first": moment(tables[0].starts_at, row.zone) if tables else "",
        "tables": ngettext("%(num)s round table", "%(num)s round tables", len(tables)),
        "seats": ngettext("%(num)s seat", "%(num)s seats", sum(item.room for item in tables)),
        "spoken": ", ".join(language_name(code, locale()) for code in spoken), "count": count,
    }  # fmt: skip


def table(series: Series, row: RoundTable) -> dict[str, Any]:
    """Return a table for its page; never with the joining link."""
    local = row.starts_at.astimezone(ZoneInfo(series.zone))
    return {
        "row": row, "when": moment(row.starts_at, series.zone), "iso": row.starts_at.isoformat(),
        "short": f"{day(local, 'medium')}, {local:%H:%M}",
        "length": ngettext("%(num)s minute", "%(num)s minutes", row.minutes),
        "seats": ngettext("%(num)s seat", "%(num)s seats", row.room),
        "more": ngettext(
            "%(num)s place beyond the seats, as some do not come",
            "%(num)s places beyond the seats, as some do not come",
            row.overbooked,
        )
        if row.overbooked
        else "",
        "language": language_name(row.lang, locale()),
        "supports": [labels.support(key) for key in row.supports],
    }  # fmt: skip


def filled(row: RoundTable, wanted: dict[int, int], taken: dict[int, int]) -> list[Any]:
    """Return for the host how full a table is: name, wanted by, places taken, seats."""
    seats = f"{row.room} + {row.overbooked}" if row.overbooked else row.room
    return [f"{row.number}. {row.topic}", wanted.get(row.id, 0), taken.get(row.id, 0), seats]


def choosable(ctx: Context, series: Series) -> list[tuple[str, str]]:
    """Return the tables that can be chosen, with their words."""
    found = []
    for row in queries.tables(series):
        if row.starts_at > ctx.clock.now():
            shown = table(series, row)
            words = f"{row.number}. {row.topic} – {shown['short']} – {shown['language']}"
            found.append((row.public_id, words))
    return found


def times(
    ctx: Context, series: Series, away: Sequence[Sequence[str]] = ()
) -> list[tuple[str, str]]:
    """Return when tables are that are to come, and other times that somebody excluded, with words."""
    found, zone = [tuple(pair) for pair in away], ZoneInfo(series.zone)
    for row in queries.tables(series):
        if row.starts_at > ctx.clock.now():
            found.append((row.starts_at.isoformat(), row.ends_at.isoformat()))
    named = []
    for pair in sorted(set(found)):
        start, end = (datetime.fromisoformat(at).astimezone(zone) for at in pair)
        named.append(("/".join(pair), f"{day(start, 'medium')}, {start:%H:%M}–{end:%H:%M}"))
    return named


def facts(series: Series) -> list[tuple[str, Any]]:
    """Return the facts of a series."""
    return [
        (_("Host"), series.host_name),
        *([(_("Led by"), series.organisation.name)] if series.host_title else []),
        (_("Registration"), _(
            "%(opens)s to %(closes)s",
            opens=moment(series.opens_at, series.zone),
            closes=moment(series.closes_at, series.zone),
        )),
        (_("Time zone"), series.zone),
        (_("Language"), language_name(series.lang, locale())),
    ]  # fmt: skip


def rules(series: Series, is_fixed: bool) -> list[tuple[str, Any]]:
    """Return the published rules of an allocation; with `is_fixed` its draw is committed."""
    named = [groups.title(series, key) for key in groups.keys(series)]
    weighed = ", ".join(
        f"{groups.title(series, key)} × {weight}" for key, weight in series.weights.items()
    )
    rows = [
        (_("Groups that count"), ", ".join(named)),
        (_("Most people of one organisation at one table"), number(series.org_cap)),
        (_("Most places for one person"), number(series.seats_per_person)),
    ]
    hours = ngettext("%(num)s hour", "%(num)s hours", series.offer_hours)
    rows.append((_("Time to accept an offer"), hours))
    losses = allocation.answers(series.loss).values()
    listed = ", ".join(number(loss) for loss in ([series.loss] if is_fixed else sorted(losses)))
    told = _("%(num)s %%", num=listed)
    if not is_fixed:
        told = _("%(list)s %%: the host decides before the draw", list=listed)
    rows.append((_("Breadth given up for more equal chances"), told))
    return rows + ([(_("Weights"), weighed)] if weighed else [])


def json_ld(series: Series, tables: Sequence[RoundTable]) -> Markup:
    """Return the tables as schema.org events, safe inside a script element; no joining link."""
    base = current_app.config["PORTAL"].base_url.rstrip("/")
    url = f"{base}/round-tables/{series.slug}"
    status = "https://schema.org/Event"
    found = [
        {
            "@context": "https://schema.org", "@type": "Event", "name": row.topic,
            "description": series.purpose[:300], "url": url, "inLanguage": row.lang,
            "startDate": row.starts_at.isoformat(), "endDate": row.ends_at.isoformat(),
            "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
            "eventStatus": status + ("Cancelled" if row.cancelled_at else "Scheduled"),
            "location": {"@type": "VirtualLocation", "url": url},
            "organizer": {"@type": "Organization", "name": series.host_name},
            "maximumAttendeeCapacity": row.capacity,
        }
        for row in tables
    ]  # fmt: skip
    text = json.dumps(found, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704


def standing(
    ctx: Context, series: Series, interest: Interest, places: Sequence[Place]
) -> list[Any]:
    """Say in plain words where somebody stands: kind of notice, title, sentence."""
    states = {place.state for place in places}
    when = moment(series.closes_at, series.zone)
    if interest.state == models.WITHDRAWN:
        return ["info", _("You withdrew"), _("Your interest does not count any more.")]
    if series.state == models.CANCELLED:
        return ["bad", _("These round tables are cancelled"), _("We are sorry.")]
    if interest.state == models.ASKED:
        until = moment(series.freezes_at, series.zone)
        return [
            "warn",
            _("Not confirmed yet"),
            _("Press the button below until %(when)s.", when=until),
        ]
    if models.OFFERED in states:
        return ["warn", _("You are offered a place"), _("Accept or decline it below.")]
    if models.ACCEPTED in states:
        return ["ok", _("You have a place"), _("We look forward to you.")]
    if models.ATTENDED in states:
        return ["ok", _("You were there"), _("Thank you for coming.")]
    if states & {models.ABSENT, models.EXCUSED}:
        return ["info", _("You had a place"), _("The host noted that you did not come.")]
    if series.state == models.PUBLISHED:
        told = _(
            "You can change your choices until %(when)s. After that you hear from us.", when=when
        )
        return ["ok", _("Your interest is confirmed"), told]
    if series.state == models.PLACED and states & {"declined", "left", models.EXPIRED}:
        return ["info", _("You have no place"), _("You gave it back, or did not answer in time.")]
    if series.state == models.PLACED:
        return ["info", _("No place for now"), _("You are in line for places that are given back.")]
    if series.state == models.HELD:
        return ["info", _("These round tables were held"), _("You had no place.")]
    return ["info", _("Places are being allocated"), _("You are among those who take part. You hear from us.")]  # fmt: skip


def own_place(ctx: Context, series: Series, place: Place) -> dict[str, Any]:
    """Return a place for its person's page."""
    now, row = ctx.clock.now(), place.table
    gate = checking.gate_state(row.starts_at, row.ends_at, now)
    is_offer = place.state == models.OFFERED and place.answer_by > now
    return {
        **table(series, row), "place": place,
        "state": labels.place(
            models.EXPIRED if place.state == models.OFFERED and not is_offer else place.state
        ),
        "is_offer": is_offer, "is_seated": place.state in models.SEATED,
        "may_leave": place.state == models.ACCEPTED and row.ends_at > now,
        "answer_by": moment(place.answer_by, series.zone),
        "gate_url": tokens.gate(place, place.interest)
        if place.state in models.SEATED and not row.cancelled_at and gate != "over"
        else "",
        "gate": gate,
    }  # fmt: skip


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
        "draw": made, "held": found.held, "tickets": found.tickets,
        "percent": number(found.chance * 100, 1), "people": made.figures["people"],
        "seats": made.figures["seats"],
        "tiles": pictures.tiles(set(held), made.ticket, found.tickets),
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
    }  # fmt: skip


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


def line(series: Series, interest: Interest) -> list[tuple[str, str]]:
    """Return somebody's place in line for each table they want, if a seat there came free now."""
    titles = {row.key: row.topic for row in queries.tables(series)}
    found = pooling.standing_of(series, interest.receipt)
    return [(titles[key], number(place)) for key, place in found.items() if key in titles]


def presence(series: Series, made: Draw) -> list[dict[str, Any]]:
    """Return at how many tables each group sits, on average, for the chosen answer."""
    tables, found = len(queries.tables(series)), []
    for key in (key for key in groups.keys(series) if key in made.figures.get("groups", {})):
        rows, small = pictures.presence(made.figures, key, tables)
        named = [(groups.value_name(key, value), *cells) for value, *cells in rows]
        found.append({"title": groups.title(series, key), "rows": named, "small": small})
    return found


def counts(series: Series) -> list[dict[str, Any]]:
    """Return how many of each group registered, were offered a place and came; nothing of a few."""
    told, least = series.counts or queries.counts(series), groups.least()
    found = []
    for key in (key for key in groups.keys(series) if key in told):
        names = [
            _("smaller groups together") if value == OTHER else groups.value_name(key, value)
            for value in told[key]
        ]
        raw, few = pictures.without_few(list(told[key].values()), least), _("not told")
        rows = [
            [name, *(few if cell < 0 else number(cell) for cell in cells)]
            for name, cells in zip(names, raw, strict=True)
        ]
        found.append({"title": groups.title(series, key), "raw": raw, "rows": rows, "least": least})
    return found


def person(row: Interest, tables: dict[int, RoundTable], places: Sequence[Place]) -> dict[str, Any]:
    """Return somebody for the host's list."""
    return {
        "row": row,
        "state": labels.person(row.state),
        "choices": " ".join(str(tables[n].number) for n in row.choices if n in tables),
        "is_flexible": row.is_flexible,
        "places": [(tables[one.table_id].topic, labels.place(one.state)) for one in places],
    }


def steps(series: Series, draw: Draw | None) -> list[tuple[str, str]]:
    """Return how far an allocation is, for the bar of steps."""
    words = [_("Registration closed"), _("Tried out"), _("Committed"), _("Drawn"), _("Published")]
    at = 0 if series.state == models.PUBLISHED else 1
    if draw is not None:
        at = {"committed": 3, "drawn": 4, "shown": 5}.get(draw.state, 1)
    if series.state in (models.PLACED, models.HELD):
        at = 5
    return [(word, "done" if i < at else "now" if i == at else "") for i, word in enumerate(words)]
