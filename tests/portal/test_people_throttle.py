"""Limits on trying, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask

from portal import db
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Invalid, TooMany
from portal.people import service, throttle
from portal.people.models import Throttle
from portal.people.service import Visit
from tests.factories import PASSWORD, make_account

LIMIT = throttle.Limit("test", 3, 900)


def test_a_limit_refuses_the_next_try_and_says_how_long_to_wait(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    clock.moment += timedelta(minutes=5)
    for _try in range(3):
        throttle.spend(ctx, LIMIT, "somebody")
    with pytest.raises(TooMany, match="10 minutes") as refusal:
        throttle.spend(ctx, LIMIT, "somebody")
    assert refusal.value.retry_after == 600
    throttle.spend(ctx, LIMIT, "somebody else")


def test_a_limit_starts_over_with_its_window(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    for _try in range(3):
        throttle.spend(ctx, LIMIT, "somebody")
    clock.moment += timedelta(minutes=15)
    throttle.spend(ctx, LIMIT, "somebody")


def test_what_turned_out_well_is_not_counted(any_database: None, ctx: Context) -> None:
    for _try in range(10):
        throttle.spend(ctx, LIMIT, "somebody")
        throttle.give_back(ctx, LIMIT, "somebody")
    assert Throttle.select(Throttle.count).scalar() == 0


def test_the_key_is_kept_as_a_hash(any_database: None, ctx: Context) -> None:
    throttle.spend(ctx, LIMIT, "lead@school.example")
    assert "lead" not in Throttle.select(Throttle.key_hash).scalar()


def test_windows_that_are_over_are_deleted(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    throttle.spend(ctx, LIMIT, "somebody")
    throttle.expire(ctx)
    assert db.query("SELECT count(*) FROM throttle") == [(1,)]
    clock.moment += timedelta(hours=2)
    throttle.expire(ctx)
    assert db.query("SELECT count(*) FROM throttle") == [(0,)]


def test_a_window_longer_than_counts_are_kept_is_no_limit() -> None:
    with pytest.raises(ValueError, match="would be forgotten"):
        throttle.Limit("test", 3, throttle.LONGEST_WINDOW + 1)


def test_tries_at_once_are_all_counted(any_app: Flask, ctx: Context) -> None:
    outcomes = []

    def spend() -> None:
        with db.database.connection_context():
            try:
                throttle.spend(ctx, LIMIT, "somebody")
                outcomes.append("let through")
            except TooMany:
                outcomes.append("refused")

    threads = [threading.Thread(target=spend) for _number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("let through") == 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_network_is_an_address_or_the_64_bits_of_a_home(
    address: str | None, network: str
) -> None:
    assert throttle.network(address) == network


def wrong(ctx: Context, email: str, network: str = "192.0.2.1") -> None:
    with pytest.raises(Invalid):
        service.sign_in(ctx, email, "some other words", Visit(network))


def test_guessing_at_one_address_ends_after_twenty_tries_from_anywhere(
    app: Flask, ctx: Context
) -> None:
    account = make_account(app)
    with app.app_context():
        for number in range(20):
            wrong(ctx, account.email, f"192.0.2.{number}")
        with pytest.raises(TooMany):
            service.sign_in(ctx, account.email, PASSWORD, Visit("198.51.100.1"))


def test_guessing_at_an_unknown_address_ends_the_same_way(app: Flask, ctx: Context) -> None:
    with app.app_context():
        for _try in range(20):
            wrong(ctx, "nobody@school.example")
        with pytest.raises(TooMany):
            service.sign_in(ctx, "nobody@school.example", PASSWORD, Visit("192.0.2.1"))


def test_guessing_at_many_addresses_from_one_network_ends_after_a_hundred(
    app: Flask, ctx: Context
) -> None:
    with app.app_context():
        for number in range(100):
            wrong(ctx, f"person{number}@school.example")
        with pytest.raises(TooMany):
            service.sign_in(ctx, "one.more@school.example", PASSWORD, Visit("192.0.2.1"))


def test_a_whole_class_may_sign_in_from_one_network(app: Flask, ctx: Context) -> None:
    account = make_account(app)
    with app.app_context():
        for _person in range(120):
            service.sign_in(ctx, account.email, PASSWORD, Visit("192.0.2.1"))
