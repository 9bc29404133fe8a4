"""A table that happens again: on which days, at which hour, and what is copied."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from plugins.roundtable_exchange import again
from plugins.roundtables import interface as roundtables
from plugins.roundtables import tokens
from plugins.roundtables.models import RoundTable, Series
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid
from tests.factories import make_account, post, sign_in
from tests.plugins.roundtables.conftest import PLUGINS, by, make_host, make_series, tables_of
from tests.visiting import faults


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what it builds on."""
    return [*PLUGINS, "roundtable_exchange"]


@pytest.mark.parametrize(
    ("start", "way", "expected"),
    [
        ("2027-03-21", "week", "2027-03-28 2027-04-04 2027-04-11"),
        ("2027-12-21", "fortnight", "2028-01-04 2028-01-18 2028-02-01"),
        ("2027-01-31", "day", "2027-03-31 2027-05-31 2027-07-31"),
        ("2027-01-12", "weekday", "2027-02-09 2027-03-09 2027-04-13"),  # the second Tuesday
        ("2027-03-30", "weekday", "2027-04-27 2027-05-25 2027-06-29"),  # the last one
    ],
)
def test_a_table_happens_again_on_these_days(start: str, way: str, expected: str) -> None:
    found = again.days(date.fromisoformat(start), way, 3)

    assert " ".join(map(str, found)) == expected


def test_the_hour_stays_when_clocks_change_and_all_else_is_copied(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        host, account = make_host(app)
        row = make_series(ctx, host, [{"capacity": 5, "overbooked": 2, "rapporteur": "Chamber"}])
        RoundTable.update(starts_at=datetime(2027, 3, 21, 8, 30, tzinfo=UTC)).execute()
        mine = by(ctx, account)
        series = roundtables.series(mine, row.slug, "edit")
        table = series.tables[0]
        spring, autumn = date(2027, 3, 28), date(2027, 10, 31)

        assert again.repeat(mine, series, table, [autumn, spring, date(2027, 7, 4)]) == 3

        first, *others = tables_of(row)
        zone = ZoneInfo(series.zone)
        assert {f"{one.starts_at.astimezone(zone):%H:%M}" for one in tables_of(row)} == {"10:30"}
        assert [one.starts_at.hour for one in others] == [7, 7, 8]
        for one in others:
            assert tokens.unseal(one.joining) == tokens.unseal(first.joining) != ""
            assert (one.topic, one.capacity, one.overbooked, one.rapporteur, one.supports) == (
                first.topic, 5, 2, "Chamber", first.supports,
            )  # fmt: skip
        RoundTable.update(starts_at=datetime(2027, 3, 21, 1, 30, tzinfo=UTC)).execute()
        fresh = roundtables.series(mine, row.slug, "edit")
        with pytest.raises(Invalid, match=r"28 March 2027.*clocks go forward"):
            again.repeat(mine, fresh, fresh.tables[0], [date(2027, 4, 4), spring])
        assert RoundTable.select().count() == 4  # all or none
        with pytest.raises(Invalid, match="before registration ends"):
            again.repeat(mine, fresh, fresh.tables[0], [date(2026, 11, 21)])
        Series.update(state="closed").execute()
        with pytest.raises(Conflict, match="Registration is over"):
            again.repeat(mine, roundtables.series(mine, row.slug), table, [autumn])


def test_the_page_shows_the_days_before_it_adds_them(app: Flask, ctx: Context) -> None:
    with app.app_context():
        host, account = make_host(app)
        series = make_series(ctx, host)
        Series.update(state="draft").execute()
        base = f"/round-tables/{series.slug}"
        page = f"{base}/tables/{tables_of(series)[0].public_id}/repeat"
    client = sign_in(app.test_client(), account)
    assert page in client.get(base).text and faults(client.get(page)) == []
    assert post(client, page, way="week", times="99").status_code == 422
    assert post(client, page, way="never", times="3").status_code == 422

    shown = post(client, page, way="week", times="3")
    assert shown.status_code == 200 and faults(shown) == []
    assert "Friday, 18 December 2026" in shown.text
    sent = {"add": "yes", "way": "week", "times": "3"}
    for wrong, told in (({}, "at least one day"), ({"day": "soon"}, "Choose from the list")):
        refused = post(client, page, **sent, **wrong)
        assert refused.status_code == 422 and told in refused.text and faults(refused) == []
    assert post(client, page, **sent, day="2026-12-18").location.endswith(base)
    assert client.get(base).text.count("2. Recognition") == 1
    stranger = sign_in(app.test_client(), make_account(app))
    assert stranger.get(page).status_code == 404
