"""Places: offered, accepted, declined, given on; never more than there are seats."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.allocation.interface import pictures
from plugins.roundtables import after, pages, placing, pooling, queries, registering, service
from plugins.roundtables.models import TAKING, Interest, Place, RoundTable, Series
from portal import db, settings, workflow
from portal.clock import FixedClock
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, PortalError
from tests.plugins.roundtables.conftest import (
    TABLE,
    again,
    by,
    close,
    interested,
    mails,
    make_host,
    make_series,
    offer_to,
    place_of,
    tables_of,
    wish,
)


def allocated(
    ctx: Context, clock: FixedClock, app: Flask, people: int = 3, **table: int
) -> tuple[Series, list[Interest]]:
    """Make a series whose places were offered to the first people, as many as there are seats."""
    series = make_series(ctx, make_host(app)[0], [table])
    rows = [interested(ctx, series, at) for at in range(1, people + 1)]
    series = close(ctx, clock, series)
    one = tables_of(series)[0]
    offer_to(ctx, series, rows[: one.seats], one)
    return again(series), rows


def test_an_accepted_place_comes_with_a_mail_and_a_declined_one_goes_on(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    _series, (one, two, three) = allocated(ctx, clock, portal)
    visitor = by(ctx, None)

    placing.accept(visitor, place_of(one))
    placing.accept(visitor, place_of(one))  # twice is harmless
    placing.decline(visitor, place_of(two))
    placing.decline(visitor, place_of(two))

    assert [place_of(row).state for row in (one, two, three)] == ["accepted", "declined", "offered"]
    assert place_of(three).via == "rule"
    assert [mail.subject for mail in mails(one.email)][-1] == "You have a place: Recognition"
    assert len(mails(one.email)) == 4  # asked, confirmed, offered, accepted
    with pytest.raises(Conflict, match="gave this place back"):
        placing.accept(visitor, place_of(two))


def test_a_table_that_nobody_chose_goes_to_who_takes_any_but_never_at_an_excluded_time(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    tables = [{"capacity": 1}, {"capacity": 2, "topic": "Quality"}]
    series = make_series(ctx, make_host(portal)[0], tables)
    first, other = tables_of(series)
    away = [f"{other.starts_at.isoformat()}/{other.ends_at.isoformat()}"]
    only = {"choices": [first.public_id]}
    said: list[dict[str, Any]] = [{}, {"is_flexible": True}, {"is_flexible": True, "away": away}]
    rows = [interested(ctx, series, at, **only, **more) for at, more in enumerate([{}, *said], 1)]
    with pytest.raises(Invalid) as error:
        registering.change(by(ctx, None), rows[0], wish(series, 1, away=away))
    assert error.value.field == "away"
    with pytest.raises(Invalid, match="Choose from the list"):
        registering.change(by(ctx, None), rows[0], wish(series, 1, away=["soon/later"]))
    series = close(ctx, clock, series)
    pool = pooling.pool_of(series, rows, tables_of(series))
    assert {one.choices for one in pool.people} == {("T1",)}  # the draw knows choices alone
    offer_to(ctx, series, rows[:1], first)

    with db.transaction():
        assert placing.refill(ctx, again(series)) == 1
    assert (place_of(rows[2]).table_id, place_of(rows[2]).via) == (other.id, "rule")
    registering.change(by(ctx, None), rows[1], wish(series, 2))  # who chose it comes before
    assert place_of(rows[1]).table_id == other.id
    placing.decline(by(ctx, None), place_of(rows[1]))

    assert not Place.select().where(Place.interest == rows[3].id).exists()
    moved = {"starts_at": other.starts_at, "minutes": 30}
    RoundTable.update(**moved).where(RoundTable.id == first.id).execute()
    pool = pooling.pool_of(again(series), [again(row) for row in rows], tables_of(series))
    assert pool.by_id[rows[3].receipt].choices == ()  # also when a table is moved there


def test_an_offer_without_an_answer_goes_to_the_next_in_line(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    _series, (one, two, three) = allocated(ctx, clock, portal)
    placing.accept(by(ctx, None), place_of(one))
    clock.moment += timedelta(hours=49)
    assert after.remind(ctx) == 1 and after.remind(ctx) == 0
    assert "waits for an answer" in mails(two.email)[-1].subject
    clock.moment += timedelta(hours=24)

    assert placing.expire(ctx) == 1

    assert [place_of(row).state for row in (one, two, three)] == ["accepted", "expired", "offered"]
    with pytest.raises(Conflict, match="time to accept"):
        placing.accept(by(ctx, None), place_of(two))


def test_reminders_are_sent_once_and_stop_when_somebody_withdraws(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, (one, two, *_rest) = allocated(ctx, clock, site)
    visitor = by(ctx, None)
    placing.accept(visitor, place_of(one))
    placing.accept(visitor, place_of(two))
    start = tables_of(series)[0].starts_at
    sent = []
    for before in (timedelta(days=7), timedelta(days=1), timedelta(hours=1)):
        clock.moment = start - before
        sent.append((after.remind(ctx), after.remind(ctx)))
        if before == timedelta(days=7):
            registering.withdraw(visitor, two)
            placing.accept(visitor, Place.get(Place.state == "offered"))

    assert sent == [(2, 0), (2, 0), (2, 0)]
    assert "In an hour" in mails(one.email)[-1].subject
    assert [mail.subject for mail in mails(two.email)][-1].startswith("Your place is given back")


def test_nobody_has_two_places_at_the_same_time(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    same_time = {"day": (clock.moment + timedelta(days=21)).date()}
    host = make_host(site)[0]
    series = make_series(ctx, host, [same_time, same_time], seats_per_person=2)
    row = interested(ctx, series, 1)
    series = close(ctx, clock, series)
    for table in tables_of(series):
        offer_to(ctx, series, [row], table)
    one, two = queries.places_of(row)
    placing.accept(by(ctx, None), one)

    with pytest.raises(Conflict, match="at that time"):
        placing.accept(by(ctx, None), two)


def test_a_cancelled_table_tells_everybody_once(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, (one, two, three) = allocated(ctx, clock, portal)
    placing.accept(by(ctx, None), place_of(one))

    with pytest.raises(Invalid):
        service.cancel_table(ctx, series, tables_of(series)[0], " ")
    service.cancel_table(ctx, series, tables_of(series)[0], "The room is gone.")

    assert {place_of(row).state for row in (one, two)} == {"gone"}
    for row in (one, two, three):
        subjects = [mail.subject for mail in mails(row.email)]
        assert subjects.count("Cancelled: Recognition") == 1
    with pytest.raises(Conflict, match="cancelled"):
        placing.accept(by(ctx, None), place_of(two))


def test_a_cancelled_series_tells_everybody_once(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, rows = allocated(ctx, clock, site)

    workflow.move(ctx.as_actor(SYSTEM), series, "cancel", "Nobody of us can come.")

    for row in rows:
        assert "Nobody of us can come" in mails(row.email)[-1].text
        assert sum("Cancelled" in mail.subject for mail in mails(row.email)) == 1


def test_seats_that_are_given_can_not_be_taken_away(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, _rows = allocated(ctx, clock, site)
    table = tables_of(series)[0]
    values = {**TABLE, "day": table.starts_at.date(), "joining": None}

    with pytest.raises(Invalid) as error:
        service.write_table(ctx, series, {**values, "capacity": 1}, table)
    assert error.value.field == "capacity"
    service.write_table(ctx, series, {**values, "capacity": 3}, table)
    assert Place.select().where(Place.state == "offered").count() == 3  # the next in line at once


def test_a_table_gives_the_places_beyond_its_seats_that_were_published(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, rows = allocated(ctx, clock, portal, people=5, capacity=2, overbooked=1)
    table = tables_of(series)[0]
    values = {**TABLE, "day": table.starts_at.date(), "joining": None, "capacity": 2}
    for row in rows[:3]:
        placing.accept(by(ctx, None), place_of(row))

    assert Place.select().count() == 3  # all are given
    for wrong in (0, 2, -1):  # three are given; at most half of two seats
        with pytest.raises(Invalid):
            service.write_table(ctx, series, {**values, "overbooked": wrong}, table)
    placing.decline(by(ctx, None), place_of(rows[0]))
    states = sorted(place.state for place in Place.select())
    assert states == ["accepted", "accepted", "left", "offered"]  # the next in line, not two
    assert pooling.settings_of(series, [table], 10).tables == {"T1": 3}


def test_the_gate_opens_half_an_hour_before_and_notes_who_came(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, (one, two, _three) = allocated(ctx, clock, portal)
    visitor, start = by(ctx, None), tables_of(series)[0].starts_at
    placing.accept(visitor, place_of(one))

    clock.moment = start - timedelta(minutes=31)
    with pytest.raises(Conflict, match="not open"):
        placing.check_in(visitor, place_of(one))
    clock.moment = start - timedelta(minutes=30)
    with pytest.raises(Conflict, match="people with a place"):
        placing.check_in(visitor, place_of(two))
    placing.check_in(visitor, place_of(one))

    assert place_of(one).state == "attended" and place_of(one).attended_at == clock.moment


def storm(app: Flask, ctx: Context, posts: int, threads: int) -> None:
    """Accept, decline, withdraw and register late, all at once, and watch the seats."""
    series = Series.get()
    numbers = [row.id for row in Interest.select()]
    chance = random.Random(posts)
    todo = [
        (chance.choice(("accept", "decline", "late")), chance.choice(numbers)) for _ in range(posts)
    ]
    wrong: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        with app.app_context():
            db.database.connect(reuse_if_open=True)
            while True:
                with lock:
                    if not todo:
                        break
                    act, number = todo.pop()
                    late = len(todo)
                try:
                    if act == "late":
                        interested(ctx, again(series), 1_000 + late)
                    else:
                        for place in Place.select().where(Place.interest == number):
                            getattr(placing, act)(by(ctx, None), place)
                except PortalError:
                    pass
                except Exception as error:
                    wrong.append(repr(error))
                for table in tables_of(series):
                    if queries.taken(series).get(table.id, 0) > table.seats:
                        wrong.append("overbooked")
            db.database.close()

    running = [threading.Thread(target=work) for _at in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(240)
    assert wrong == []
    _never_more_than_promised(series)


def together(app: Flask, ctx: Context, threads: int) -> None:
    """Let everybody with an offer accept it at the same moment, several times each."""
    places, gate = list(Place.select()), threading.Barrier(threads, timeout=60)
    wrong: list[str] = []

    def work(at: int) -> None:
        with app.app_context():
            db.database.connect(reuse_if_open=True)
            gate.wait()
            try:
                placing.accept(by(ctx, None), places[at % len(places)])
            except PortalError:
                pass
            except Exception as error:
                wrong.append(repr(error))
            db.database.close()

    running = [threading.Thread(target=work, args=(at,)) for at in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(240)
    assert wrong == []
    _never_more_than_promised(Series.get())


def _never_more_than_promised(series: Series) -> None:
    for table in tables_of(series):
        taken = Place.select().where(Place.table == table.id, Place.state.in_(TAKING)).count()
        assert taken <= table.capacity - table.reserved + table.overbooked


def test_answers_from_all_sides_at_once_never_overbook(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    allocated(ctx, clock, portal, people=12, capacity=4, overbooked=1)

    storm(portal, ctx, posts=40, threads=6)


@pytest.mark.full
def test_a_hundred_rounds_of_answers_never_overbook(
    make_portal: Callable[..., Flask], any_url: str, ctx: Context, clock: FixedClock
) -> None:
    portal = make_portal(any_url, plugins=["roundtables", "notices", "tasks"])
    with portal.app_context():
        allocated(ctx, clock, portal, people=40, capacity=10, overbooked=2)
        together(portal, ctx, threads=40)
        for _round in range(10):
            storm(portal, ctx, posts=40, threads=40)


def test_an_organisation_keeps_its_cap_when_places_are_given_on(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series = make_series(ctx, make_host(site)[0])
    rows = [
        interested(ctx, series, at, employer=name)
        for at, name in enumerate(("One", "Two", "one", "Three"), 1)
    ]
    series = close(ctx, clock, series)
    offer_to(ctx, series, rows[:2], tables_of(series)[0])

    placing.decline(by(ctx, None), place_of(rows[1]))

    assert not Place.select().where(Place.interest == rows[2].id).exists()
    assert place_of(rows[3]).state == "offered"


def test_somebody_objects_and_a_person_answers(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, rows = allocated(ctx, clock, portal)
    visitor = by(ctx, None)

    with pytest.raises(Invalid):
        after.object_to(visitor, rows[2], "")
    made = after.object_to(visitor, rows[2], "My country was not counted.")
    after.answer(ctx, series, made.public_id, "It was: see your groups.")

    assert again(made).answer and "was answered" in mails(rows[2].email)[-1].subject
    with pytest.raises(Conflict):
        after.answer(ctx, series, made.public_id, "Again.")
    assert wish(series, 1)["agrees"]


def test_counts_of_a_few_people_are_left_out_with_what_they_could_be_told_from(
    site: Flask, ctx: Context
) -> None:
    cases = {
        ((12, 6, 4), (9, 8, 7), (5, 0, 6)): [[12, 6, -1], [9, 8, 7], [5, 0, -1]],
        ((12, 2), (9, 2), (5, 9)): [[12, -1], [9, -1], [5, -1]],  # two and two are still few
        ((12, 3), (9, 3), (5, 9)): [[12, -1], [9, -1], [5, 9]],
        ((4,),): [[-1]],
        (): [],
    }
    for rows, shown in cases.items():
        assert pictures.without_few(rows, 5) == shown, rows
    series = make_series(ctx, make_host(site)[0])
    for at in range(1, 7):
        kind = "company" if at < 5 else "ngo"
        interested(ctx, series, at, groups={"type": kind, "country": "ES", "first": ""})
    for least, names in (
        (5, ["smaller groups together"]),
        (3, ["Company", "smaller groups together"]),
    ):
        settings.store("roundtables", {"smallest_group": least})
        kinds = pages.counts(series)[0]
        assert [row[0] for row in kinds["rows"]] == names and kinds["least"] == least
    assert kinds["raw"] == [[-1, 0, 0], [-1, 0, 0]]  # four could be told from two
