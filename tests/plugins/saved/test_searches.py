"""Searches that people keep: what is new is told once, when they chose to hear of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.notices.models import Notice
from plugins.partners import documents
from plugins.saved import looking, queries, rules, service
from plugins.saved.models import SavedSearch
from portal.clock import FixedClock
from portal.errors import Conflict, Invalid, NotFound
from portal.mail import Outbox
from portal.organisations.service import announce
from portal.people.models import Account
from tests.factories import NOON, clocked, make_account, post, sign_in
from tests.plugins.partners.conftest import store_partner
from tests.plugins.requests.conftest import make_request
from tests.plugins.saved.conftest import acting, found, keep, look, now
from tests.visiting import faults

LIST = "/account/searches"


def told(account: Account) -> list[str]:
    """Return what a person was told, as lines."""
    rows = Notice.select().where(Notice.account == account.id).order_by(Notice.id)
    return [row.body["text"] for row in rows]


def address_of(app: Flask, row: SavedSearch) -> str:
    with app.app_context():
        return service.feed_path(now(row))


# Rules


def test_next_due() -> None:
    friday = NOON  # 20 November 2026
    for rhythm, hour, due in (
        ("at_once", 5, friday),
        ("daily", 13, friday.replace(hour=13)),
        ("daily", 12, friday.replace(day=21)),
        ("weekly", 5, friday.replace(day=23, hour=5)),
        ("none", 5, None),
    ):
        assert rules.next_due(friday, rhythm, hour) == due
    monday = friday.replace(day=23)
    assert rules.next_due(monday, "weekly", 13) == monday.replace(hour=13)
    assert rules.next_due(monday, "weekly", 5) == monday.replace(day=30, hour=5)


def test_packed_numbers_come_back() -> None:
    some = rules.packed([9, 1, 400])
    more = rules.packed([2, 70_000], some)

    assert rules.packed([]) == b""
    assert rules.unpacked(b"") == []
    assert rules.unpacked(more) == [1, 2, 9, 400, 70_000]
    assert rules.missing(more, [1, 3, 70_000, 99_999]) == [3, 99_999]
    assert rules.missing(b"", [5, 4]) == [5, 4]


# Keeping


def test_a_search_is_kept_as_it_stands_in_the_address(
    app: Flask, as_person: FlaskClient, person: Account
) -> None:
    store_partner(app, "School of Bread")
    page = as_person.get("/partners?q=bread&country=DE&page=3&partner=x&sort=name").text
    assert "/account/searches/new?search=partner&amp;q=bread&amp;country=DE" in page
    address = f"{LIST}/new?search=partner&q=bread&country=DE&page=3&sort=name"
    form = as_person.get(address)
    assert faults(form, "en") == []
    assert 'value="bread, Germany"' in form.text

    assert post(as_person, address, name=" ", rhythm="daily").status_code == 422
    wrong = post(as_person, address, name="x" * 81, rhythm="daily")
    assert (wrong.status_code, "At most 80" in wrong.text, "x" * 81 in wrong.text) == (422,) + (
        True,
    ) * 2
    assert post(as_person, address, name="Bread", rhythm="hourly").status_code == 422
    made = post(as_person, address, name="Bread", rhythm="daily")
    row = SavedSearch.get()
    assert (made.status_code, made.location) == (303, f"{LIST}/{row.public_id}")
    assert (row.kind, row.state, row.name) == ("partner", "q=bread&country=DE", "Bread")
    again = post(as_person, address, name="Once more", rhythm="daily")
    assert (again.status_code, "already" in again.text) == (422, True)
    shown = as_person.get(made.location)
    assert faults(shown, "en") == []
    assert "Nothing new yet" in shown.text
    assert as_person.get(f"{LIST}/new?search=nothing").status_code == 404
    assert faults(as_person.get(LIST), "en") == []


def test_nobody_else_sees_a_search(app: Flask, as_person: FlaskClient, person: Account) -> None:
    row = keep(app, person)
    other = sign_in(app.test_client(), make_account(app, role="SiteAdmin"))

    assert other.get(f"{LIST}/{row.public_id}").status_code == 404
    for step in ("pause", "go-on", "remove", "open-feed", "close-feed"):
        path = f"{LIST}/{row.public_id}/{step}"
        assert post(other, path, page=f"{LIST}/new?search=partner").status_code == 404
    assert now(row).paused_at is now(row).removed_at is None
    assert other.get("/api/v1/saved-searches").json == {"items": []}
    assert app.test_client().get("/api/v1/saved-searches").status_code == 401


def test_a_person_keeps_no_more_than_the_setting_says(
    app: Flask, person: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(app, person, "q=one")
    monkeypatch.setattr(service.settings, "of", lambda *_args: {"most_searches": 1})
    with pytest.raises(Conflict, match="Delete it first"):
        keep(app, person, "q=two")
    with pytest.raises(Invalid, match="when you want"):
        keep(app, person, "q=two", "hourly")


# What is new


def test_each_hit_is_told_once(app: Flask, person: Account) -> None:
    store_partner(app, "School of Old Bread")
    row = keep(app, person, "q=bread")
    look(app)
    assert (found(row), told(person)) == ([], [])

    new = store_partner(app, "School of New Bread")
    store_partner(app, "School of Boats")
    for _time in range(3):
        look(app)
    assert found(row) == [new.id]
    assert told(person) == ["q=bread (1): School of New Bread"]
    assert Outbox.select().where(Outbox.kind == "notices/notice").count() == 1

    with app.app_context():
        new.city = "Bonn"
        new.save()
        announce(clocked(app), [new.id])
    look(app)
    assert len(told(person)) == 1


def test_a_profile_that_fits_from_now_on_is_new(app: Flask, person: Account) -> None:
    partner = store_partner(app, "School of Boats")
    row = keep(app, person, "q=bread")
    with app.app_context():
        partner.name = "School of Boats and Bread"
        partner.save()
        announce(clocked(app), [partner.id])
    look(app)

    assert found(row) == [partner.id]


def test_all_searches_of_a_person_are_told_in_one_notice(app: Flask, person: Account) -> None:
    keep(app, person, "q=bread")
    keep(app, person, "country=DE")
    keep(app, person, "q=boats")
    store_partner(app, "School of Bread")
    look(app)

    assert told(person) == ["q=bread (1): School of Bread\ncountry=DE (1): School of Bread"]
    assert Notice.get().url == LIST


def test_daily_and_weekly_alerts_wait_for_their_hour(
    app: Flask, person: Account, clock: FixedClock
) -> None:
    daily, weekly = keep(app, person, "q=bread", "daily"), keep(app, person, "q=school", "weekly")
    never = keep(app, person, "country=DE", "none")
    bread = store_partner(app, "School of Bread")
    look(app)
    assert told(person) == []
    clock.moment = NOON.replace(day=21, hour=5)
    more = store_partner(app, "More School of Bread")
    look(app)
    assert told(person) == ["q=bread (2): School of Bread; More School of Bread"]
    clock.moment = NOON.replace(day=23, hour=5)
    look(app)
    assert told(person)[1:] == ["q=school (2): School of Bread; More School of Bread"]
    clock.moment += timedelta(days=14)
    look(app)
    assert len(told(person)) == 2
    assert found(daily) == found(weekly) == found(never) == [bread.id, more.id]


def test_what_went_before_it_was_told_is_left_out(
    app: Flask, person: Account, clock: FixedClock
) -> None:
    row = keep(app, person, "q=bread", "daily")
    gone = store_partner(app, "School of Bread")
    look(app)
    with app.app_context():
        documents.forget([gone.id])
    clock.moment += timedelta(days=1)
    look(app)

    assert told(person) == []
    assert now(row).due_at is None


def test_who_can_not_be_told_now_is_told_later(
    app: Flask, person: Account, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(app, person, "q=bread")
    store_partner(app, "School of Bread")
    with monkeypatch.context() as off:
        off.setattr(looking, "_notify", lambda *_args: False)
        look(app)
        look(app)
    assert told(person) == []
    clock.moment += timedelta(days=1)
    look(app)
    assert len(told(person)) == 1


def test_a_paused_search_catches_up_when_it_goes_on(
    app: Flask, as_person: FlaskClient, person: Account
) -> None:
    row = keep(app, person, "q=bread")
    path = f"{LIST}/{row.public_id}"
    look(app)
    assert post(as_person, f"{path}/pause", page=path).status_code == 303
    store_partner(app, "School of Bread")
    keep(app, person, "q=boats")
    look(app)
    assert found(row) == []
    assert "paused" in as_person.get(LIST).text
    assert post(as_person, f"{path}/go-on", page=path).status_code == 303
    look(app)
    look(app)
    assert len(told(person)) == 1


def test_a_deleted_search_comes_back_with_what_it_missed(
    app: Flask, as_person: FlaskClient, person: Account, clock: FixedClock
) -> None:
    row = keep(app, person, "q=bread")
    other = keep(app, person, "q=boats")
    look(app)
    path = f"{LIST}/{row.public_id}"
    assert post(as_person, f"{path}/remove", page=path).location == LIST
    store_partner(app, "School of Bread")
    look(app)
    assert as_person.get(path).status_code == 404
    with app.app_context():
        service.restore(acting(app, person), row.public_id)
        with pytest.raises(NotFound):
            service.restore(acting(app, make_account(app)), row.public_id)
    look(app)
    assert len(told(person)) == 1
    with app.app_context():
        service.remove(acting(app, person), row)
        clock.moment += timedelta(hours=2)
        service.expire(clocked(app))
    assert [item.id for item in SavedSearch.select()] == [other.id]


def test_name_and_rhythm_are_changed(
    app: Flask, as_person: FlaskClient, person: Account, clock: FixedClock
) -> None:
    row = keep(app, person, "q=bread", "daily")
    store_partner(app, "School of Bread")
    look(app)
    path = f"{LIST}/{row.public_id}"
    assert post(as_person, path, name="", rhythm="daily").status_code == 422
    assert post(as_person, path, name="Bakers", rhythm="weekly").status_code == 303
    assert (now(row).name, now(row).due_at) == ("Bakers", NOON.replace(day=23, hour=5))
    assert post(as_person, path, name="Bakers", rhythm="none").status_code == 303
    clock.moment += timedelta(days=9)
    look(app)
    assert told(person) == []


# Requests, feeds, calendars, programs


def test_a_search_of_requests_has_feed_and_calendar(
    app: Flask, as_person: FlaskClient, person: Account
) -> None:
    school = store_partner(app, "School of Bonn", admin=make_account(app))
    make_request(app, school, title="Known before")
    page = as_person.get("/requests?country=ES&q=bakery").text
    assert f"{LIST}/new?search=request&amp;q=bakery&amp;country=ES" in page
    row = keep(app, person, "country=ES", kind="request")
    new = make_request(app, school, title="Bakery & more", closes_on=date(2027, 1, 20))
    look(app)
    assert told(person) == ["country=ES (1): Bakery & more"]

    path = f"{LIST}/{row.public_id}"
    assert address_of(app, row) == ""
    assert post(as_person, f"{path}/open-feed", page=path).status_code == 303
    address, reader = address_of(app, row), app.test_client()
    shown = as_person.get(path)
    assert faults(shown, "en") == []
    assert f"{address}.ics" in shown.text
    feed = reader.get(f"{address}.atom")
    assert feed.content_type == "application/atom+xml; charset=utf-8"
    assert '<title xml:lang="en">Bakery &amp; more</title>' in feed.text
    assert "Known before" not in feed.text
    assert (
        reader.get(f"{address}.atom", headers={"If-None-Match": feed.headers["ETag"]}).status_code
        == 304
    )
    days = reader.get(f"{address}.ics").text
    assert days.count("BEGIN:VEVENT") == 2
    assert "DTSTART;VALUE=DATE:20270120" in days
    assert f"/requests/{new.slug}" in days.replace("\r\n ", "")
    assert post(as_person, f"{path}/open-feed", page=path).status_code == 303
    for wrong in (address, address[:-1], "/saved/x", f"{address}x"):
        assert reader.get(f"{wrong}.atom").status_code == 404
    other = address_of(app, row)
    assert post(as_person, f"{path}/close-feed", page=path).status_code == 303
    assert reader.get(f"{other}.atom").status_code == 404


def test_a_feed_of_partners_has_no_calendar(app: Flask, person: Account) -> None:
    row = keep(app, person)
    with app.app_context():
        service.open_feed(acting(app, person), row)
    path = address_of(app, row)

    assert app.test_client().get(f"{path}.atom").status_code == 200
    assert app.test_client().get(f"{path}.ics").status_code == 404


def test_programs_read_searches(app: Flask, as_person: FlaskClient, person: Account) -> None:
    row = keep(app, person, "q=bread", "weekly")
    new = store_partner(app, "School of Bread")
    look(app)
    (item,) = as_person.get("/api/v1/saved-searches").json["items"]
    assert (item["id"], item["url"], item["rhythm"]) == (
        row.public_id, "/partners?q=bread", "weekly",
    )  # fmt: skip
    assert [(hit["title"], hit["url"]) for hit in item["hits"]] == [
        ("School of Bread", f"/partners/{new.slug}")
    ]


def test_pages_of_plugins_that_are_off_are_not_searched(
    app: Flask, as_person: FlaskClient, person: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = keep(app, person, "q=bread")
    pages: Any = {}
    monkeypatch.setattr(queries, "pages", lambda _ctx: pages)
    look(app)

    assert "switched off" in as_person.get(LIST).text
    assert faults(as_person.get(f"{LIST}/{row.public_id}"), "en") == []
