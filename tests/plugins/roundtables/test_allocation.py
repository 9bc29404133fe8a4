"""The steps of an allocation: everybody fits; else tried out, committed, drawn, published: each once."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any

import pytest
from flask import Flask

from plugins.allocation import interface as allocation
from plugins.roundtables import drawing, pages, placing, pooling, queries, registering
from plugins.roundtables.models import Draw, Interest, Place, Series
from portal import db
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.people.models import Account
from tests.factories import make_account
from tests.plugins.roundtables.conftest import (
    again,
    by,
    close,
    interested,
    mails,
    make_host,
    make_series,
)

KINDS = ("vet-school", "company", "chamber", "ngo", "")
LANDS = ("LV", "DE", "ES", "IT", "NL", "")


class Quiet:
    """Hears how far a job is."""

    def report(self, share: float, note: str = "") -> None:
        """Say nothing."""


def crowd(
    app: Flask, ctx: Context, clock: FixedClock, people: int, *tables: dict[str, Any]
) -> tuple[Series, Context]:
    """Let many people confirm an interest and the deadline pass; returns the host's context too."""
    host, account = make_host(app)
    series = make_series(ctx, host, tables or ({},))
    for at in range(1, people + 1):
        said = {"type": KINDS[at % 5], "country": LANDS[at % 6], "first": "yes" if at % 2 else ""}
        interested(ctx, series, at, groups=said)
    return close(ctx, clock, series), by(ctx, account)


def tried(host: Context, series: Series) -> Draw:
    """Try an allocation out, as the worker does."""
    made = drawing.try_out(host, series)
    drawing.run_try(host, {"draw": made.id}, Quiet())
    found: Draw = again(made)
    return found


def beacon(made: Draw) -> str:
    """Return what the public beacon answers in the announced round."""
    signature = "ab" * 48
    value = hashlib.sha256(bytes.fromhex(signature)).hexdigest()
    number = allocation.round_of(made.source)[0]  # type: ignore[index]
    return json.dumps({"round": number, "randomness": value, "signature": signature})


def wait_for(host: Context, made: Draw) -> None:
    """Let the announced round of the beacon come."""
    host.clock.moment = allocation.round_of(made.source)[1]  # type: ignore[index,attr-defined]


def drawn(host: Context, series: Series) -> Draw:
    """Commit a try and draw its ticket."""
    made = tried(host, series)
    drawing.commit(host, series, made.public_id, "balanced", "beacon", "")
    wait_for(host, again(made))
    drawing.draw(host, series, beacon(again(made)))
    found: Draw = again(made)
    return found


def test_when_interest_fits_everybody_is_placed_without_a_draw(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(portal, ctx, clock, 3, {"capacity": 2}, {"capacity": 2})

    assert drawing.place_all(host, series) == 3

    assert again(series).state == "placed" and Draw.select().count() == 0
    assert {place.via for place in Place.select()} == {"all"}
    assert pages.why(again(series), Interest.get()) is None
    with pytest.raises(Conflict):
        drawing.place_all(host, again(series))


def test_more_people_than_places_are_tried_out_committed_drawn_and_published(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(portal, ctx, clock, 8, {"capacity": 2}, {"capacity": 1})
    with pytest.raises(Conflict, match="more people than places"):
        drawing.place_all(host, series)

    made = drawn(host, series)
    count = drawing.show(host, again(series))

    published = json.loads(drawing.result_text(again(made)))
    assert count == len(published["tickets"][made.ticket or 0]) == 3
    assert published["drawn"] == made.ticket and published["beacon"] == made.value
    seated = {
        (row.interest.receipt, f"T{row.table.number}") for row in queries.places(again(series))
    }
    assert seated == {(code, table) for code, table in published["tickets"][made.ticket or 0]}
    told = [mail for mail in mails() if mail.subject.startswith("No place this time")]
    assert len(told) == 5 and again(series).state == "placed"


def test_the_page_of_who_was_not_placed_recounts_the_tickets(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(site, ctx, clock, 8)
    made = drawn(host, series)
    drawing.show(host, series)
    tickets = json.loads(drawing.result_text(again(made)))["tickets"]

    for row in queries.people(again(series)):
        why = pages.why(again(series), row)
        assert why is not None
        held = sum(any(code == row.receipt for code, _t in ticket) for ticket in tickets)
        assert why["held"] == held == sum(kind == "mine" for *_xy, kind in why["tiles"]["cells"])
        own = next(cells for cells in why["groups"] if cells[0].startswith("Kind"))
        same = [one for one in Interest.select() if one.groups["type"] == row.groups["type"]]
        codes = {one.receipt for one in same}
        seats = [sum(code in codes for code, _t in ticket) for ticket in tickets]
        assert own[1:] == (str(len(same)), f"{min(seats)} to {max(seats)}")


def test_two_hosts_publish_once(portal: Flask, ctx: Context, clock: FixedClock) -> None:
    series, host = crowd(portal, ctx, clock, 5)
    drawn(host, series)
    told: list[str] = []

    def publish() -> None:
        with portal.app_context():
            db.database.connect(reuse_if_open=True)
            try:
                drawing.show(host, again(series))
                told.append("published")
            except Conflict:
                told.append("conflict")
            db.database.close()

    threads = [threading.Thread(target=publish) for _at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(told) == ["conflict", "published"]
    assert Place.select().count() == 2


def test_nothing_is_committed_twice_or_after_somebody_withdrew(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(site, ctx, clock, 5)
    made = tried(host, series)
    registering.withdraw(by(ctx, None), Interest.get())
    with pytest.raises(Conflict, match="Try again"):
        drawing.commit(host, series, made.public_id, "balanced", "beacon", "")
    fresh = tried(host, series)
    with pytest.raises(Invalid):
        drawing.commit(host, series, fresh.public_id, "made up", "beacon", "")
    with pytest.raises(NotFound):
        drawing.commit(host, series, "other", "equal", "beacon", "")
    drawing.commit(host, series, fresh.public_id, "equal", "beacon", "")

    for again_once in (
        lambda: drawing.commit(host, series, fresh.public_id, "broader", "beacon", ""),
        lambda: drawing.try_out(host, series),
        lambda: drawing.show(host, series),
    ):
        with pytest.raises(Conflict):
            again_once()
    assert again(series).loss == 15 and again(fresh).state == "committed"


def test_a_value_that_does_not_fit_is_refused_beside_its_field(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(site, ctx, clock, 5)
    made = tried(host, series)
    drawing.commit(host, series, made.public_id, "balanced", "beacon", "")
    other = json.loads(beacon(again(made))) | {"round": 7}

    early = beacon(again(made))  # its round has not come yet
    for wrong in ("", "xyz", "{}", json.dumps(other), "{" * 99, early):
        with pytest.raises(Invalid) as error:
            drawing.draw(host, series, wrong)
        assert error.value.field == "value"
    wait_for(host, again(made))
    drawing.draw(host, series, beacon(again(made)))
    with pytest.raises(Conflict):
        drawing.draw(host, series, beacon(again(made)))


def test_three_secrets_may_decide_in_the_place_of_a_beacon(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(site, ctx, clock, 5)
    made, secrets = tried(host, series), ["the host", "a union", "a school"]
    seals = "\n".join(hashlib.sha256(word.encode()).hexdigest() for word in secrets)
    with pytest.raises(Invalid) as error:
        drawing.commit(host, series, made.public_id, "balanced", "seals", "abc")
    assert error.value.field == "seals"

    drawing.commit(host, series, made.public_id, "balanced", "seals", seals)

    with pytest.raises(Invalid):
        drawing.draw(host, series, "the host\na union\nsomebody else")
    drawing.draw(host, series, "\n".join(secrets))
    assert again(made).ticket is not None


def test_a_try_can_be_stopped(site: Flask, ctx: Context, clock: FixedClock) -> None:
    series, host = crowd(site, ctx, clock, 5)
    made = drawing.try_out(host, series)
    assert drawing.try_out(host, series).id == made.id

    drawing.stop(host, series)
    drawing.run_try(host, {"draw": made.id}, Quiet())

    assert again(made).state == "stopped" and again(made).result == ""


def test_who_withdrew_after_the_commitment_is_replaced_at_once(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(site, ctx, clock, 6)
    made = drawn(host, series)
    ticket = json.loads(drawing.result_text(made))["tickets"][made.ticket or 0]
    gone = Interest.get(Interest.receipt == ticket[0][0])
    registering.withdraw(by(ctx, None), gone)

    drawing.show(host, again(series))

    places = queries.places(series)
    assert len(places) == 2 and gone.id not in {place.interest_id for place in places}
    assert sorted(place.via for place in places) == ["draw", "rule"]


def test_whoever_is_called_is_whom_the_published_rule_names(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series, host = crowd(site, ctx, clock, 8)
    drawn(host, series)
    drawing.show(host, series)
    first = queries.places(series)[0]
    pool, settings, seated, gone = pooling.line_of(again(series))
    code, key = first.interest.receipt, first.table.key
    left = [seat for seat in seated if seat != (code, key)]
    told = allocation.replace(
        pool, settings, left, {*gone, code}, pooling.beacon_of(again(series)), tables=[key]
    )
    placing.decline(by(ctx, None), first)

    called = queries.places(series)[-1]
    assert called.via == "rule"
    assert told == [(called.interest.receipt, called.table.key)]


def test_strangers_take_no_step(site: Flask, ctx: Context, clock: FixedClock) -> None:
    series, _host = crowd(site, ctx, clock, 5)
    stranger: Account = make_account(site)

    for step in (drawing.try_out, drawing.place_all, drawing.stop, drawing.show):
        with pytest.raises(Exception) as error:
            step(by(ctx, stranger), series)
        assert error.value.__class__.__name__ in {"NotAllowed", "NotFound"}
