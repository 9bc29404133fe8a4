"""Guests of meetings who have no account: one link, one meeting, nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import icalendar
import pytest
from flask import Flask

from plugins.meetings import service, visiting
from plugins.meetings.models import Meeting, Visitor
from portal.clock import FixedClock
from portal.errors import Conflict, Invalid, NotAllowed
from portal.mail import Outbox
from tests.factories import post, sign_in
from tests.plugins.meetings.conftest import Circle
from tests.plugins.meetings.test_meetings import appointments
from tests.visiting import Visitor as Eyes

WHO = "expert@chamber.example"


def mailed() -> str:
    """Return the link in the newest mail to the guest."""
    text = Outbox.select().where(Outbox.recipient == WHO).order_by(Outbox.id.desc()).first().text
    found = re.search(r"/consortia/meetings/[\w-]+", text)
    return found[0] if found else ""


def test_a_guest_reads_the_agenda_answers_and_sees_nothing_else(app: Flask, known: Circle) -> None:
    lead = sign_in(app.test_client(), known.lead.account)
    with app.app_context():
        row = known.plan()
    here = f"/consortia/{known.slug}/meetings/{row.public_id}"
    look = Eyes(lead)
    assert "Guests without an account" in look(here).text
    assert post(lead, f"{here}/guests", page=here, name="An expert", email="x").status_code == 422
    values = {"name": "An expert", "email": WHO, "language": "en"}
    assert post(lead, f"{here}/guests", page=here, **values).status_code == 303
    twice = post(lead, f"{here}/guests", page=here, **values)
    assert twice.status_code == 422 and "invited already" in twice.text
    with app.app_context():
        path = mailed()
    person = app.test_client()
    page = Eyes(person)(path).text
    assert "Budget of year two" in page and "canary-room" not in page
    assert known.member.organisation.name not in page and known.slug not in page
    wrong = post(person, path, page=path, answer="perhaps")
    assert wrong.status_code == 422
    assert post(person, path, page=path, answer="yes").status_code == 303
    assert "canary-room" in Eyes(person)(path).text, "whoever comes finds the way in"
    file = person.get(f"{path}/appointment.ics")
    event = icalendar.Calendar.from_ical(file.data).walk("VEVENT")[0]
    assert "canary" not in file.text and "URL" not in event
    member = Eyes(sign_in(app.test_client(), known.member.account))(here).text
    assert "An expert" in member and "Yes, I come" in member and WHO not in member
    assert person.get(here).status_code in {302, 303, 401, 404}
    with app.app_context():
        key = Visitor.get().public_id
    assert post(lead, f"{here}/guests/{key}/remove", page=here).status_code == 303
    assert person.get(path).status_code == 303, "it leads to the page that says so"
    assert person.get(f"{path}/appointment.ics").status_code == 303


def test_guests_calendars_learn_of_another_time_and_of_the_end(
    app: Flask, circle: Circle, clock: FixedClock
) -> None:
    row, lead, seen = circle.plan(), circle.lead.ctx, circle.seen()
    guest = visiting.invite(lead, seen, row, WHO, "An expert", "lv")
    first = mailed()
    Visitor.update(answer="yes").where(Visitor.id == guest.id).execute()
    service.change(lead, seen, row, circle.values(time="11:30"), None)
    assert Visitor.get().answer == "" and mailed() != first
    service.cancel(lead, seen, Meeting.get_by_id(row.id), "Snow.")
    found = appointments(app, clock, WHO)
    assert [method for method, _event in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [int(event["SEQUENCE"]) for _method, event in found] == [0, 1, 2]
    with pytest.raises(Conflict, match="cancelled"):
        visiting.invite(lead, seen, row, "other@chamber.example", "Another", "en")


def test_only_the_lead_invites_and_only_before_the_end(circle: Circle, clock: FixedClock) -> None:
    row = circle.plan()
    with pytest.raises(NotAllowed):
        visiting.invite(circle.member.ctx, circle.seen(circle.member), row, WHO, "Expert", "en")
    with pytest.raises(Invalid) as refused:
        visiting.invite(circle.lead.ctx, circle.seen(), row, WHO, " ", "en")
    assert refused.value.field == "name"
    clock.moment = row.ends_at + timedelta(minutes=1)
    with pytest.raises(Conflict, match="over"):
        visiting.invite(circle.lead.ctx, circle.seen(), row, WHO, "Expert", "en")
