"""Calendar objects: one UID, a rising SEQUENCE, both clock changes; and the joining link, nowhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import icalendar
import pytest
from flask import Flask

from plugins.calendars.interface import moment
from plugins.roundtables import placing, registering, service, tokens
from plugins.roundtables.models import Place
from portal import mail
from portal.clock import FixedClock
from portal.context import SYSTEM, Context
from portal.errors import Invalid
from tests.factories import sign_in
from tests.plugins.roundtables import strict
from tests.plugins.roundtables.conftest import (
    TABLE,
    again,
    by,
    close,
    interested,
    make_host,
    make_series,
    offer_to,
    place_of,
    tables_of,
)
from tests.visiting import faults

CANARY = "canary-room"


def strictly(text: str) -> strict.Part:
    """Read a calendar object of a mail, whose lines end as the mail's do."""
    return strict.read("\r\n".join([*text.splitlines(), ""]).encode())


def sent(app: Flask, clock: FixedClock) -> list[Any]:
    """Send all mails that wait and return the messages."""
    config = app.config["PORTAL"]
    for _round in range(20):
        if not mail.deliver_due(config, clock):
            break
    files = sorted(Path(config.instance_path / "mail").glob("*.eml"))
    return [message_of(file.read_bytes()) for file in files]


def message_of(data: bytes) -> Any:
    """Read a mail."""
    return message_from_bytes(data, policy=default)


def objects_in(messages: list[Any]) -> list[tuple[str, str]]:
    """Return method and text of the calendar objects in mails."""
    parts = [part for message in messages for part in message.walk()]
    found = [part for part in parts if part.get_content_type() == "text/calendar"]
    return [(part.get_param("method"), part.get_content()) for part in found]


def test_a_place_is_requested_updated_and_cancelled_under_one_uid(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    topic = (
        "Recognition; \\\\ with, signs – and a title so long that its line has to be folded, žāģis"
    )
    spring, autumn = date(2027, 3, 28), date(2027, 10, 31)  # clocks change in the night before
    series = make_series(ctx, make_host(site)[0], [{"day": spring, "topic": topic}])
    row = interested(ctx, series, 1)
    series = close(ctx, clock, series)
    table = tables_of(series)[0]
    offer_to(ctx, series, [row], table)
    placing.accept(by(ctx, None), place_of(row))
    sent(site, clock)
    later = {**TABLE, "day": autumn, "topic": topic, "joining": None}
    service.write_table(ctx.as_actor(SYSTEM), again(series), later, table)
    placing.decline(by(ctx, None), place_of(row))

    found = objects_in(sent(site, clock))

    assert [method for method, _text in found] == ["REQUEST", "REQUEST", "CANCEL"]
    read = []
    for method, text in found:
        assert CANARY not in text
        whole = icalendar.Calendar.from_ical(text)
        event, strict_one = whole.walk("VEVENT")[0], strictly(text)
        (plain,) = strict_one.parts
        assert whole["METHOD"] == strict_one.value("METHOD") == method
        assert str(event["UID"]) == plain.value("UID")
        assert int(event["SEQUENCE"]) == int(plain.value("SEQUENCE"))
        assert event["ATTENDEE"] == plain.value("ATTENDEE") == f"mailto:{row.email}"
        assert str(event["SUMMARY"]) == plain.text("SUMMARY") == topic
        for name in ("DTSTAMP", "DTSTART", "DTEND"):
            assert event[name].dt == plain.moment(name), name
        read.append((plain.value("UID"), int(event["SEQUENCE"]), str(event["STATUS"]), plain))
    uids, sequences, states, parts = zip(*read, strict=True)
    assert len(set(uids)) == 1 and list(sequences) == sorted(set(sequences))
    assert [f"{part.moment('DTSTART'):%m-%d %H:%M}" for part in parts] == [
        "03-28 07:00", "10-31 08:00", "10-31 08:00",
    ]  # fmt: skip
    assert states[-1] == "CANCELLED"


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        (date(2027, 3, 27), "10:00", "08:00"),  # the day before clocks go forward in Riga
        (date(2027, 3, 28), "10:00", "07:00"),
        (date(2027, 3, 28), "03:30", ""),  # an hour that does not exist
        (date(2027, 10, 30), "10:00", "07:00"),
        (date(2027, 10, 31), "03:30", "00:30"),  # comes twice; the first one
        (date(2027, 10, 31), "10:00", "08:00"),
    ],
)
def test_both_clock_changes(day: date, clock: str, utc: str) -> None:
    if not utc:
        with pytest.raises(Invalid, match="clocks go forward"):
            moment(day, clock, "Europe/Riga", "day")
    else:
        assert f"{moment(day, clock, 'Europe/Riga', 'day'):%H:%M}" == utc


def test_a_copy_some_weeks_later_keeps_the_time_of_day_over_a_clock_change() -> None:
    before = datetime(2027, 3, 20, 8, 0, tzinfo=UTC)

    assert f"{service._later(before, 'Europe/Riga', 2):%d %H:%M}" == "03 07:00"


def test_the_feed_can_be_read_and_marks_what_is_cancelled(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        series = make_series(ctx, make_host(app)[0], [{}, {"topic": "Other; with, signs"}])
        service.cancel_table(ctx.as_actor(SYSTEM), series, tables_of(series)[0], "No room.")
        slug = series.slug
    for path in ("/round-tables.ics", f"/round-tables/{slug}.ics"):
        answer = app.test_client().get(path)
        text, told = answer.text, strict.read(answer.data)
        events = icalendar.Calendar.from_ical(text).walk("VEVENT")
        assert [part.text("SUMMARY") for part in told.parts] == [str(e["SUMMARY"]) for e in events]
        assert [str(event["STATUS"]) for event in events] == ["CANCELLED", "CONFIRMED"]
        assert str(events[1]["SUMMARY"]) == "Other; with, signs" and CANARY not in text


def test_the_joining_link_is_shown_to_people_with_a_place_at_the_gate_alone(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        host, account = make_host(app)
        series = make_series(ctx, host)
        service.choose_contact(ctx, series, account.id)
        holder, asker, other = (interested(ctx, series, at) for at in (1, 2, 3))
        series = close(ctx, clock, series)
        offer_to(ctx, series, [holder, asker], tables_of(series)[0])
        placing.accept(by(ctx, None), place_of(holder))
        own = {row.id: tokens.mine(row) for row in (holder, asker, other)}
        gates = {row.id: tokens.gate(place_of(row), row) for row in (holder, asker)}
        start, slug = tables_of(series)[0].starts_at, series.slug
        base, table = f"/round-tables/{slug}", tables_of(series)[0].public_id
    host_pages = ["", "/people", "/people.csv", "/objections", "/allocation", "/edit"]
    host_pages += ["/access", f"/tables/{table}/edit"]
    public = ["/round-tables", "/round-tables.ics", base, f"{base}.ics", f"{base}/interest"]
    visitor, runner = app.test_client(), sign_in(app.test_client(), account)
    for at in (start - timedelta(days=1), start - timedelta(minutes=20), start):
        clock.moment = at
        pages = [(visitor, path) for path in (*public, *own.values(), *gates.values())]
        pages += [(runner, f"{base}{path}") for path in host_pages]
        pages += [(runner, "/round-tables/mine"), (runner, "/tasks")]
        pages += [(visitor, f"{own[row]}/edit") for row in own]
        for client, path in pages:
            answer = client.get(path)
            assert answer.status_code < 400, path
            assert CANARY not in answer.text, path
            if answer.status_code == 200 and "text/html" in answer.content_type:
                assert faults(answer) == [], path
    page = visitor.get(gates[holder.id]).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert CANARY in visitor.post(gates[holder.id], data={"csrf_token": token}).text
    refused = visitor.post(gates[asker.id], data={"csrf_token": token})
    assert refused.status_code == 409 and CANARY not in refused.text
    with app.app_context():
        registering.withdraw(by(ctx, None), again(holder))
        assert again(place_of(holder)).state in ("left", "attended")
        for message in sent(app, clock):
            assert CANARY not in message.as_string()
        kept = Place.select().count()
    assert kept >= 2
