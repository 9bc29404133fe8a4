"""Tables from calendar files: what is read, what is refused by name, and never a 5xx."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Timezone

from plugins.roundtable_exchange import defined, reading, repeating
from plugins.roundtable_exchange.reading import Reading
from plugins.roundtables import service
from plugins.roundtables.models import RoundTable, Series
from portal import workflow
from portal.clock import FixedClock
from portal.context import SYSTEM, Context
from tests.factories import csrf_token, make_account, post, sign_in
from tests.plugins.roundtables.conftest import PLUGINS, SERIES, TABLE, again, make_host, tables_of
from tests.visiting import faults

DATA = Path(__file__).with_name("data") / "calendars.zip"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
YEAR = timedelta(days=366)


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin."""
    return make_portal(plugins=[*PLUGINS, "roundtable_exchange"])


def file_of(*events: str, head: str = "") -> bytes:
    """Return a calendar file with these events; a line holds a property."""
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *head.split()]
    for at, event in enumerate(events):
        lines = event.strip().splitlines()
        rows += [
            "BEGIN:VEVENT",
            f"UID:{at}@x",
            "SUMMARY:Talk",
            *map(str.strip, lines),
            "END:VEVENT",
        ]
    return "\r\n".join([*rows, "END:VCALENDAR", ""]).encode()


def of(data: bytes, zone: str = "Europe/Riga", now: datetime = NOW) -> Reading:
    """Read one file."""
    return reading.read([("plan.ics", data)], zone, now, YEAR, 40)


def days_of(found: Reading) -> list[str]:
    """Return when meetings begin."""
    return [f"{entry.day:%m-%d} {entry.clock}" for entry in found.entries]


CASES: dict[str, tuple[str, list[str]]] = {
    "a zone": ("DTSTART;TZID=Europe/Brussels:20270105T100000\nDURATION:PT90M", ["01-05 11:00"]),
    "UTC": ("DTSTART:20270105T100000Z\nDTEND:20270105T110000Z", ["01-05 12:00"]),
    "no zone": ("DTSTART:20270105T100000", ["01-05 10:00"]),
    "an unknown zone": ("DTSTART;TZID=My own:20270105T100000", ["01-05 10:00"]),
    "a zone of Windows": (
        "DTSTART;TZID=W. Europe Standard Time:20270105T100000", ["01-05 11:00"],
    ),
    "a whole day": ("DTSTART;VALUE=DATE:20270105", ["01-05 "]),
    "clocks forward": (
        "DTSTART;TZID=Europe/Brussels:20270327T100000\nRRULE:FREQ=DAILY;COUNT=2",
        ["03-27 11:00", "03-28 11:00"],
    ),
    "clocks forward elsewhere": (
        "DTSTART;TZID=America/New_York:20270307T100000\nRRULE:FREQ=WEEKLY;COUNT=2",
        ["03-07 17:00", "03-14 16:00"],
    ),
    "clocks back": (
        "DTSTART;TZID=Europe/Riga:20271030T100000\nRRULE:FREQ=DAILY;COUNT=2",
        ["10-30 10:00", "10-31 10:00"],
    ),
    "an hour that does not exist": (
        "DTSTART;TZID=Europe/Riga:20270328T033000", ["03-28 04:30"],
    ),
    "the second of two equal hours": ("DTSTART:20271031T013000Z", ["10-31 "]),
    "days taken out and in": (
        "DTSTART:20270105T100000Z\nRRULE:FREQ=WEEKLY;UNTIL=20270119T100000Z\n"
        "EXDATE:20270112T100000Z\nRDATE:20270113T100000Z",
        ["01-05 12:00", "01-13 12:00", "01-19 12:00"],
    ),
    "the last Friday": (
        "DTSTART:20270129T100000Z\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2",
        ["01-29 12:00", "02-26 12:00"],
    ),
    "a rule of seconds": (
        "DTSTART:20270105T100000Z\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", ["01-05 12:00"],
    ),
    "a rule of days that never come": (
        "DTSTART:20270105T100000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", ["01-05 12:00"],
    ),
}  # fmt: skip


def test_meetings_are_told_on_the_clocks_of_the_series() -> None:
    for name, (event, expected) in CASES.items():
        assert days_of(of(file_of(event))) == expected, name


REFUSED: dict[str, str] = {
    "DTSTART:INVALID-DATE": "can't be read",
    "DTSTART:20270105T100000Z\nDTEND:20270105T090000Z": "ends before it begins",
    "DTSTART:20270105T100000Z\nDTEND;VALUE=DATE:20270106": "do not go together",
    "DTSTART:20270105T100000Z\nDURATION:P999999999999999999W": "can't be read",
    "DTSTART:20270105T100000Z\nSTATUS:CANCELLED": "is cancelled",
    "DTSTART:99991231T235959Z\nDURATION:P9999D": "can't be read",
    "DTEND:20270105T090000Z": "no day",
    "DTSTART:20200105T100000Z": "over",
}


def test_a_meeting_that_can_not_be_taken_is_named_with_the_reason() -> None:
    for event, reason in REFUSED.items():
        ((who, why),) = (found := of(file_of(event))).refused
        assert not found.entries and reason in why
        assert who.startswith("plan.ics") and (reason == "over" or "Talk" in who)


def test_a_moved_repetition_stands_for_the_one_it_replaces() -> None:
    weekly = "DTSTART:20270105T100000Z\nRRULE:FREQ=WEEKLY;COUNT=3"
    moved = "DTSTART:20270113T150000Z\nRECURRENCE-ID:20270112T100000Z"
    data = file_of(weekly, moved).replace(b"UID:1@x", b"UID:0@x")
    assert days_of(of(data)) == ["01-05 12:00", "01-13 17:00", "01-19 12:00"]


YEARLY = """TZID:Own
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT"""


def test_zones_that_a_file_defines_agree_with_those_that_are_known() -> None:
    chance = random.Random(5546)
    york = ZoneInfo("America/New_York")
    listed = (
        Timezone.from_tzinfo(york, "Own", date(2000, 1, 1), date(2030, 1, 1)).to_ical().decode()
    )
    for lines, known in ((YEARLY.splitlines(), ZoneInfo("Europe/Brussels")),
                         (listed.replace("\r\n ", "").split("\r\n"), york)):  # fmt: skip
        own = defined.OwnZone(lines)
        for _round in range(120):
            wall = datetime(2005, 1, 1) + timedelta(hours=chance.randrange(24 * 365 * 22))
            told = wall.replace(tzinfo=known)
            if told.astimezone(UTC).astimezone(known).replace(fold=0) == told:  # the hour is there
                assert wall.replace(tzinfo=own).astimezone(UTC) == told.astimezone(UTC), wall
    event = "DTSTART;TZID=Own:20270705T100000\nRRULE:FREQ=MONTHLY;BYDAY=1MO;BYMONTH=7,12;COUNT=2"
    head = f"BEGIN:VTIMEZONE\n{YEARLY}\nEND:VTIMEZONE"
    found = of(file_of(event, head=head), "Europe/Brussels", datetime(2027, 1, 1, tzinfo=UTC))
    assert days_of(found) == ["07-05 10:00", "12-06 10:00"]
    assert not [hint for entry in found.entries for hint in entry.hints if "zone" in hint]


def test_rules_give_the_days_that_an_independent_library_gives() -> None:
    chance = random.Random(5545)
    for _round in range(60):
        start = date(2024, 1, 1) + timedelta(days=chance.randrange(900))
        rule: dict[str, list[Any]] = {"FREQ": [chance.choice(repeating.PERIODS)]}
        rule["INTERVAL"] = [chance.randint(1, 4)]
        if chance.random() < 0.4:
            rule["BYMONTH"] = sorted(chance.sample(range(1, 13), 3))
        if chance.random() < 0.3:
            rule["BYMONTHDAY"] = [chance.choice([1, 13, 31, -1, -3])]
        elif chance.random() < 0.6:
            nth = ["", "1", "-1", "2"] if rule["FREQ"][0] in ("MONTHLY", "YEARLY") else [""]
            days = chance.sample(repeating.WEEKDAYS, 2)
            prefix = chance.choice(nth)
            rule["BYDAY"] = [prefix + day for day in days]
            if rule["FREQ"][0] == "MONTHLY" and chance.random() < 0.5:
                rule["BYSETPOS"] = [chance.choice([1, -1])]
        if chance.random() < 0.5:
            rule["COUNT"] = [chance.randint(1, 9)]
        text = ";".join(f"{key}={','.join(map(str, value))}" for key, value in rule.items())
        last = date(2028, 12, 31)
        noon = datetime(start.year, start.month, start.day)
        told = rrulestr(text, dtstart=noon).between(noon, datetime(2028, 12, 31), inc=True)

        found = repeating.days(rule, start, last, repeating.Budget(100_000))

        assert list(found) == [moment.date() for moment in told], (text, start)


def test_files_made_to_keep_us_busy_are_soon_refused() -> None:
    event = "DTSTART:16010105T100000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    zones = "BEGIN:VTIMEZONE TZID:Slow BEGIN:STANDARD DTSTART:16010101T000000 " \
        "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30 TZOFFSETFROM:+0100 TZOFFSETTO:+0100 " \
        "END:STANDARD END:VTIMEZONE"  # fmt: skip
    often = "BEGIN:VTIMEZONE\n" + YEARLY.replace("END:DAYLIGHT", "END:DAYLIGHT\n" + "\n".join(
        YEARLY.splitlines()[1:7] * 90)) + "\nEND:VTIMEZONE"  # fmt: skip
    began = time.process_time()
    hostile = (
        file_of(*["DTSTART;TZID=Own:20270105T100000"] * 200, head=often),
        file_of(*[event] * 400), file_of("DTSTART;TZID=Slow:20270105T100000", head=zones),
        b"BEGIN:X\r\n" * 100_000, b"BEGIN:VEVENT\r\n" * 499, b"A" * 499_000, b"\0" * 499_000,
        b"X" * 500_001, b"", b"\xff\xfe\x00", b"END:VCALENDAR", b"BEGIN:VCALENDAR\r\nSUMMARY",
        file_of("DTSTART;TZID=../../etc/passwd:20270105T100000", "DTSTART;TZID=Europe:20270105T100000"),
    )  # fmt: skip
    for data in hostile:
        found = of(data)
        assert found.entries or found.refused, data[:60]
    assert time.process_time() - began < 6


def draft_of(ctx: Context, app: Flask) -> tuple[Series, FlaskClient]:
    """Return a draft with one table, and its host."""
    with app.app_context():
        host, account = make_host(app)
        system, today = ctx.as_actor(SYSTEM), ctx.clock.now().date()
        days = {"opens_on": today, "closes_on": today + timedelta(days=7)}
        made = service.write(system, {**SERIES, **days}, organisation=host)
        service.write_table(system, made, {**TABLE, "day": today + timedelta(days=21)})
        return again(made), sign_in(app.test_client(), account)


def send(client: FlaskClient, path: str, *files: tuple[str, bytes]) -> Any:
    """Send files as a browser does."""
    token = csrf_token(client, path)
    sent = [(io.BytesIO(data), name) for name, data in files]
    return client.post(path, data={"csrf_token": token, "files": sent})


def test_a_host_chooses_meetings_of_files_and_they_become_tables_of_the_draft(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, client = draft_of(ctx, app)
    base = f"/round-tables/{series.slug}"
    path = f"{base}/calendar-file"
    assert path in client.get(base).text and faults(client.get(path)) == []
    day = clock.moment.date() + timedelta(days=40)
    events = (
        f"DTSTART;TZID=Europe/Riga:{day:%Y%m%d}T100000\nDURATION:PT45M\nLOCATION:https://meet.example/x",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        "DTSTART:INVALID",
    )
    shown = send(client, path, ("a/plan <1>.ics", file_of(*events)), ("b.ics", b"no calendar"))
    assert shown.status_code == 200 and faults(shown) == []
    assert "plan &lt;1&gt;.ics: Talk" in shown.text and "b.ics" in shown.text
    assert "meet.example" not in shown.text and "It lasts a whole day" in shown.text
    typed = {"lang": "lv", "capacity": "9"}
    for at, clock_at in ((1, "10:00"), (2, "")):
        typed |= {f"topic_{at}": f"Talk {at}", f"day_{at}": str(day), f"minutes_{at}": "45"}
        typed |= {f"time_{at}": clock_at, f"source_{at}": "plan.ics", f"take_{at}": "yes"}

    wrong = post(client, f"{path}/tables", page=path, **typed)

    assert wrong.status_code == 422 and faults(wrong) == []
    assert "Nothing was added yet" in wrong.text and 'value="Talk 2"' in wrong.text
    assert "Write when it begins, such as 14:30." in wrong.text
    with app.app_context():
        assert len(tables_of(series)) == 1
    assert post(client, f"{path}/tables", page=path, lang="lv", capacity="9").status_code == 422
    odd = {**typed, "day_1": "2027-99-99", "minutes_1": "²", "take_2": "yes", "capacity": "-4"}
    assert post(client, f"{path}/tables", page=path, **odd).status_code == 422
    done = post(client, f"{path}/tables", page=path, **{**typed, "time_2": "14:00"})
    assert done.status_code == 303 and done.location == base
    with app.app_context():
        rows = RoundTable.select().where(RoundTable.series == series.id, RoundTable.number > 1)
        made = [(row.topic, row.lang, row.capacity, row.minutes, row.joining) for row in rows]
        assert made == [("Talk 1", "lv", 9, 45, ""), ("Talk 2", "lv", 9, 45, "")]
        workflow.move(ctx.as_actor(SYSTEM), again(series), "publish")
        slug = again(series).slug
    assert client.get(f"/round-tables/{slug}/calendar-file").status_code == 409
    stranger = sign_in(app.test_client(), make_account(app))
    assert stranger.get(f"/round-tables/{slug}/calendar-file").status_code == 404


@pytest.mark.full
def test_every_file_of_other_people_is_read_or_refused_by_name(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, client = draft_of(ctx, app)
    with zipfile.ZipFile(DATA) as packed:
        files = [(name, packed.read(name)) for name in packed.namelist()]
    assert len(files) == 109
    with app.test_request_context():
        read = 0
        for name, data in files:
            found = reading.read([(name, data)], "Europe/Riga", datetime(1990, 1, 1, tzinfo=UTC),
                                 timedelta(days=20_000), 40)  # fmt: skip
            assert found.entries or [who for who, _why in found.refused if name in who], name
            read += bool(found.entries)
        assert read > len(files) // 2
        chance = random.Random(109)
        for name, data in files:
            for _round in range(5):
                cut = bytearray(data)
                for _at in range(3):
                    cut[chance.randrange(len(cut) or 1) : chance.randrange(len(cut) or 1)] = (
                        b":;\r\n"
                    )
                found = reading.read([(name, bytes(cut))], "Europe/Riga", NOW, YEAR, 40)
                assert found.entries or found.refused
    path = f"/round-tables/{series.slug}/calendar-file"
    for at in range(0, len(files), 20):
        answer = send(client, path, *files[at : at + 20])
        assert answer.status_code in (200, 422), answer.text[:300]
