"""The pages of notices, choices and calendars, as guest, stranger and owner; the calendar's file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar as File

from plugins.claims import service as claims
from plugins.claims.models import CLAIM
from plugins.notices import feed, queries, service
from plugins.notices.models import Notice
from plugins.trust import service as trust
from portal import db
from portal.clock import FixedClock
from portal.context import Context
from portal.i18n import lazy_gettext as lazy
from portal.people.models import Account
from tests.factories import make_account, make_organisation, post, sign_in
from tests.plugins.notices.conftest import KIND, acting, choose
from tests.visiting import Visitor


def tell(ctx: Context, person: Account, number: int = 1, **more: Any) -> int:
    title = lazy("Decided: %(name)s", name=f"<School {number}>")
    service.notify(ctx, person.id, KIND, title, f"Line {number}", "/tasks", **more)
    return int(Notice.select().order_by(Notice.id.desc()).get().id)


@pytest.mark.parametrize(
    "path",
    ["/account/notices", "/account/notices/settings", "/account/calendar", "/account/address"],
)
def test_guest_is_asked_to_sign_in(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 303


def test_the_centre_counts_shows_opens_and_marks(app: Flask, ctx: Context) -> None:
    person = make_account(app)
    client = sign_in(app.test_client(), person)
    look = Visitor(client)
    assert "a decision about what you asked for" in look("/account/notices").text
    first, second = tell(ctx, person, 1), tell(ctx, person, 2)

    page = look("/account/notices").text
    assert "Notices (2 new)" in page and "2 are new." in page
    assert page.index("School 2") < page.index("School 1")
    assert "Decided: &lt;School 1&gt;" in page
    answer = post(client, f"/account/notices/{second}/open", "/account/notices")
    assert (answer.status_code, answer.location) == (303, "/tasks")
    assert "Notices (1 new)" in look("/").text
    post(client, "/account/notices/read", "/account/notices")

    page = look("/account/notices").text
    assert "You have read them all." in page
    assert "(1 new)" not in page
    assert Notice.get_by_id(first).read_at is not None


def test_others_notices_are_as_if_they_were_not_there(app: Flask, ctx: Context) -> None:
    number = tell(ctx, make_account(app))
    client = sign_in(app.test_client(), make_account(app))

    for path in (number, 99_999):
        answer = post(client, f"/account/notices/{path}/open", "/account/notices")
        assert answer.status_code == 404
    assert Notice.get().read_at is None
    assert "School 1" not in client.get("/account/notices").text


def test_a_long_list_goes_by_pages(app: Flask, ctx: Context) -> None:
    person = make_account(app)
    choose(ctx, person, "none")
    for number in range(queries.PAGE + 5):
        tell(ctx, person, number)
    look = Visitor(sign_in(app.test_client(), person))

    first = look("/account/notices")
    following = next(link for link in first.links if "before=" in link)
    second = look(following)

    assert first.text.count("Decided:") == queries.PAGE
    assert second.text.count("Decided:") == 5
    assert "Back to the newest" in second.text
    look("/account/notices?before=x")


def test_choices_are_kept_and_a_wrong_one_is_refused(app: Flask, ctx: Context) -> None:
    person = make_account(app)
    client = sign_in(app.test_client(), person)
    path = "/account/notices/settings"
    assert "Your request about an entry was decided" in Visitor(client)(path).text

    assert post(client, path, **{"claims-decided": "daily"}).status_code == 303
    assert queries.choices(person.id, queries.kinds(ctx).values())[KIND] == "daily"
    refused = post(client, path, **{"claims-decided": "weekly"})
    assert refused.status_code == 422
    assert "Choose at once, once a day or no mail." in refused.text


def test_one_click_stops_a_kind_without_signing_in_and_a_look_does_not(
    app: Flask, ctx: Context
) -> None:
    person, client = make_account(app), app.test_client()
    path = service.stop_path(person.id, KIND)

    page = Visitor(client)(path)
    assert "Stop these mails" in page.text
    assert queries.choices(person.id, queries.kinds(ctx).values())[KIND] == "at_once"
    for _turn in range(2):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "You get no more mails of this kind" in answer.text

    made = queries.choices(person.id, queries.kinds(ctx).values())
    assert (made[KIND], made["tasks.late"]) == ("none", "at_once")
    for wrong in ("x", path.rpartition("/")[2][:-1] + "_", "1-a.b"):
        assert client.post(f"/notices/stop/{wrong}").status_code == 404


# The calendar


def open_calendar(client: Any) -> str:
    """Make a secret address on the page; returns its path."""
    post(client, "/account/calendar", act="renew")
    found = re.search(
        r"https://portal.example(/calendar/\S+\.ics)", client.get("/account/calendar").text
    )
    assert found
    return found[1]


def test_a_calendar_shows_its_person_what_is_promised(any_notices: Flask, ctx: Context) -> None:
    reviewer = make_account(any_notices, role="Reviewer")
    asking = acting(ctx, make_account(any_notices))
    claims.open_case(asking, make_organisation("Riga, School"), CLAIM, message="We", proof="letter")
    client, guest = sign_in(any_notices.test_client(), reviewer), any_notices.test_client()
    Visitor(client)("/account/calendar")
    path = open_calendar(client)
    Visitor(client)("/account/calendar")

    answer = guest.get(path)
    events = File.from_ical(answer.data).walk("VEVENT")
    again = File.from_ical(guest.get(path).data).walk("VEVENT")

    assert answer.mimetype == "text/calendar"
    assert [str(event["SUMMARY"]) for event in events] == ["Claim: Riga, School"]
    assert events[0]["DTSTART"].dt == datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert str(events[0]["URL"]).startswith("https://portal.example/organisations/cases/")
    assert events[0]["UID"] == again[0]["UID"]
    own = sign_in(any_notices.test_client(), make_account(any_notices))
    assert b"VEVENT" not in guest.get(open_calendar(own)).data


def test_an_old_closed_made_up_or_shut_out_address_leads_nowhere(app: Flask) -> None:
    person = make_account(app)
    client, guest = sign_in(app.test_client(), person), app.test_client()
    old = open_calendar(client)
    new = open_calendar(client)
    assert [guest.get(path).status_code for path in (old, new)] == [404, 200]
    for wrong in ("x", f"{person.id}-", f"{person.id}-abc.AAAA", new[10:-4] + "A"):
        assert guest.get(f"/calendar/{wrong}.ics").status_code == 404

    Account.update(disabled_at="2026-11-20T12:00:00.000000Z").execute()
    assert guest.get(new).status_code == 404
    Account.update(disabled_at=None).execute()
    post(client, "/account/calendar", act="close")
    assert guest.get(new).status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        {"title": "No uid", "start": date(2027, 1, 1)},
        {"uid": "1", "title": "No zone", "start": datetime(2027, 1, 1)},
        {"uid": "1", "title": "No day", "start": "tomorrow"},
    ],
)
def test_an_entry_that_can_not_be_shown_is_left_out(app: Flask, ctx: Context, raw: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        feed._event(ctx, "tasks", raw)


# Personal data


def test_copy_erasure_and_retention_follow_the_declarations(
    any_notices: Flask, ctx: Context, clock: FixedClock
) -> None:
    person, other = make_account(any_notices), make_account(any_notices)
    choose(ctx, person, "daily", "tasks.late")
    feed.renew(acting(ctx, person))
    nonce = db.query("SELECT nonce FROM notices_calendar")[0][0]
    tell(ctx, person)
    service.mark_read(acting(ctx, person))
    tell(ctx, other)

    copy = str(trust.export(acting(ctx, person), person.id))
    assert "School 1" in copy and "tasks.late" in copy
    assert nonce not in copy

    clock.moment += timedelta(days=91)
    trust.run_retention(ctx)
    assert [row.account_id for row in Notice.select()] == [other.id]
    clock.moment += timedelta(days=310)
    trust.run_retention(ctx)
    assert Notice.select().count() == 0


def test_a_notice_about_what_is_switched_off_leads_nowhere_for_the_time(
    app: Flask, ctx: Context
) -> None:
    person = make_account(app)
    client = sign_in(app.test_client(), person)
    for path in ("/organisations/cases?kind=claim", "/nowhere"):
        service.notify(ctx, person.id, KIND, f"About {path}", url=path)
    first, second = (row.id for row in Notice.select().order_by(Notice.id))
    registry = app.extensions["portal"].registry
    opened = f"/account/notices/{first}/open"

    assert post(client, opened, "/account/notices").location == "/organisations/cases?kind=claim"
    registry.act(ctx, "claims", "deactivate", "claims", with_others=True)
    assert post(client, opened, "/account/notices").location == "/account/notices"
    nowhere = f"/account/notices/{second}/open"
    assert post(client, nowhere, "/account/notices").location == "/account/notices"
    page = client.get("/account/notices")
    assert page.status_code == 200
    assert "<span>About /organisations/cases" in page.text
    registry.activate(ctx, "claims")
    assert "<span>About /organisations/cases" not in client.get("/account/notices").text
