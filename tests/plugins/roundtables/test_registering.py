"""Confirming an interest: first, double, late, forged, edited, withdrawn, imported."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from plugins.roundtables import after, groups, queries, registering, tokens
from plugins.roundtables.models import Interest, Need, Series
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from tests.factories import make_account, make_organisation
from tests.plugins.roundtables.conftest import (
    again,
    by,
    close,
    interested,
    link_in,
    mails,
    make_host,
    make_series,
    offer_to,
    place_of,
    tables_of,
    wish,
)


def test_an_interest_counts_once_its_address_is_proven(portal: Flask, ctx: Context) -> None:
    series = make_series(ctx, make_host(portal)[0])
    visitor = by(ctx, None)

    told = registering.express(visitor, series, wish(series, 1), "here")

    row = Interest.get()
    assert told is None and row.state == "asked" and queries.people(series, "interested") == []
    mail = mails("person1@mail.example")[-1]
    assert "Person 1" not in mail.text and "Employer 1" not in mail.text
    found = tokens.find_interest(link_in(mail).rpartition("/")[2])
    registering.confirm(visitor, found)
    registering.confirm(visitor, found)  # twice is harmless
    assert (again(row).state, again(row).position) == ("interested", 1)
    assert again(row).receipt in mails("person1@mail.example")[-1].text


def test_who_registers_twice_learns_it_by_mail_alone(site: Flask, ctx: Context) -> None:
    series = make_series(ctx, make_host(site)[0])
    first = interested(ctx, series, 1)

    told = registering.express(by(ctx, None), series, wish(series, 1, name="Other"), "there")

    assert told is None and Interest.select().count() == 1
    assert again(first).name == "Person 1"
    assert "Your link" in mails("person1@mail.example")[-1].subject


def test_an_account_needs_no_mail_and_its_organisation_says_the_groups(
    site: Flask, ctx: Context
) -> None:
    series = make_series(ctx, make_host(site)[0])
    person = make_account(site, email="person9@mail.example")
    own = make_organisation("Company of Vigo", "ES", admin=person, type="company")
    values = wish(series, 9, organisation=own.slug, groups={"type": "ngo", "country": "DE"})

    row = registering.express(by(ctx, person), series, values, "here")

    assert row is not None and row.state == "interested"
    assert row.groups == {"type": "company", "country": "ES", "first": ""}
    foreign = wish(series, 8, organisation=make_organisation("Other").slug)
    with pytest.raises(Invalid) as error:
        registering.express(by(ctx, make_account(site)), series, foreign, "here")
    assert error.value.field == "organisation"


def test_late_early_and_forged_interests_get_clear_answers(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    series = make_series(ctx, make_host(site)[0])
    visitor, noon = by(ctx, None), clock.moment
    registering.express(visitor, series, wish(series, 2), "here")
    for change, field in (
        ({"choices": ["", ""]}, "choice1"),
        ({"choices": [wish(series, 1)["choices"][0]] * 2}, "choice2"),
        ({"choices": ["made-up"]}, "choice1"),
        ({"groups": {"country": "Atlantis"}}, "group_country"),
        ({"email": "nobody"}, "email"),
        ({"agrees": False}, "agrees"),
    ):
        with pytest.raises(Invalid) as wrong:
            registering.express(visitor, series, wish(series, 1, **change), "here")
        assert wrong.value.field == field
    clock.moment = noon - timedelta(days=3)
    with pytest.raises(Conflict, match="opens on"):
        registering.express(visitor, series, wish(series, 1), "here")
    clock.moment = series.closes_at + timedelta(minutes=30)  # the grace
    registering.express(visitor, series, wish(series, 3), "here")
    series = close(ctx, clock, series)
    for late in (
        lambda: registering.express(visitor, series, wish(series, 4), "here"),
        lambda: registering.confirm(visitor, Interest.get(Interest.email ** "person2@%")),
    ):
        with pytest.raises(Conflict, match="closed on"):
            late()
    for forged in ("", "x", "WyJhIiwiYiJd.abc"):
        with pytest.raises(NotFound):
            tokens.find_interest(forged)


def test_strangers_can_have_few_mails_sent_to_an_address(site: Flask, ctx: Context) -> None:
    series = make_series(ctx, make_host(site)[0])
    for at in range(6):
        registering.send_link(by(ctx, None), series, "x@mail.example", f"n{at}")

    with pytest.raises(TooMany):
        registering.send_link(by(ctx, None), series, "x@mail.example", "n9")
    assert mails("x@mail.example") == []


def test_what_people_need_is_sealed_and_read_by_one_person_alone(
    portal: Flask, ctx: Context
) -> None:
    series = make_series(ctx, make_host(portal)[0], groups=["type", "fewer"])
    said = {"type": "ngo", "fewer": "yes"}
    row = interested(ctx, series, 1, needs="Sign language, Latvian", groups=said)

    kept = Need.get()
    assert "Latvian" not in kept.needs and "yes" not in kept.fewer
    assert "fewer" not in row.groups and groups.needs_of(row) == "Sign language, Latvian"
    assert groups.all_of(series, [row])[row.id] == {"type": "ngo", "fewer": "yes"}


def test_choices_change_until_the_deadline_and_groups_no_longer_after(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series = make_series(ctx, make_host(portal)[0], [{}, {}])
    row, visitor = interested(ctx, series, 1), by(ctx, None)
    one, two = tables_of(series)
    changed = wish(series, 1, choices=[two.public_id], groups={"type": "ngo"})

    registering.change(visitor, row, changed, row.version)
    assert again(row).choices == [two.id] and again(row).groups["type"] == "ngo"
    with pytest.raises(Conflict):
        registering.change(visitor, row, changed, row.version)  # the page was old
    close(ctx, clock, series)
    late = wish(series, 1, name="New name", choices=[one.public_id], groups={"type": "chamber"})
    registering.change(visitor, again(row), late)
    now = again(row)
    assert (now.name, now.choices, now.groups["type"]) == ("New name", [two.id], "ngo")


def test_who_withdraws_is_out_and_may_come_back(portal: Flask, ctx: Context) -> None:
    series = make_series(ctx, make_host(portal)[0])
    row = interested(ctx, series, 1)

    registering.withdraw(by(ctx, None), row)
    registering.withdraw(by(ctx, None), row)

    assert again(row).state == "withdrawn"
    fresh = registering.express(by(ctx, None), series, wish(series, 1), "here")
    assert fresh is None and Interest.select().count() == 2


def test_late_interest_gets_a_place_that_is_left(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    series = make_series(ctx, make_host(portal)[0])
    first = interested(ctx, series, 1)
    series = close(ctx, clock, series)
    offer_to(ctx, series, [first], tables_of(series)[0])

    late = interested(ctx, series, 2)

    assert place_of(late).via == "rule" and place_of(late).state == "offered"
    with pytest.raises(Conflict, match="no places are left"):
        registering.express(by(ctx, None), again(series), wish(series, 3), "here")


def test_names_go_and_hashes_stay(portal: Flask, ctx: Context, clock: FixedClock) -> None:
    series = make_series(ctx, make_host(portal)[0])
    row = interested(ctx, series, 1, needs="Captions")
    Interest.update(over_at=clock.moment).execute()
    Series.update(over_at=clock.moment).execute()

    clock.moment += timedelta(days=31)
    after.forget(ctx)
    assert Need.select().count() == 0 and again(row).name
    clock.moment += timedelta(days=180)
    after.forget(ctx)
    assert Interest.select().count() == 0
