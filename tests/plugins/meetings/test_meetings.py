"""Meetings: appointments in mails, answers, minutes with a lock, what is to be done."""

from __future__ import annotations

from datetime import date, timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import icalendar
import pytest
from flask import Flask

from plugins.meetings import plugin, queries, reminding, service
from plugins.meetings.models import Answer, Meeting
from plugins.notices.models import Choice, Notice
from portal import mail
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed
from tests.plugins.meetings.conftest import Circle


def again(row: Meeting) -> Meeting:
    """Read a meeting anew."""
    return Meeting.get_by_id(row.id)  # type: ignore[no-any-return]


def appointments(app: Flask, clock: FixedClock, to: str) -> list[tuple[str, Any]]:
    """Send what waits; return method and event of the appointments that somebody got."""
    config = app.config["PORTAL"]
    while mail.deliver_due(config, clock):
        pass
    texts = [file.read_text() for file in sorted((Path(config.instance_path) / "mail").glob("*"))]
    assert not any("canary-room" in text for text in texts), "no mail holds the joining link"
    messages: list[Any] = [message_from_string(text, policy=default) for text in texts]
    parts = [part for message in messages if message["To"] == to for part in message.walk()]
    files = [
        icalendar.Calendar.from_ical(part.get_content())
        for part in parts
        if part.get_content_type() == "text/calendar"
    ]
    return [(str(file["METHOD"]), file.walk("VEVENT")[0]) for file in files]


def test_calendars_learn_of_a_meeting_its_changes_and_its_end_under_one_uid(
    app: Flask, circle: Circle, clock: FixedClock
) -> None:
    row = circle.plan()
    lead, seen = circle.lead.ctx, circle.seen()
    service.answer(circle.third.ctx, circle.seen(circle.third), row, "yes")
    later = circle.values(time="11:30", guests=[circle.member.organisation.slug])
    service.change(lead, seen, row, later, again(row).version)
    service.change(lead, seen, row, {**later, "joining": ""}, None)  # nothing that calendars show
    assert not Answer.select().exists(), "another time asks everybody anew"
    service.cancel(lead, seen, again(row), "Snow.")

    found = appointments(app, clock, circle.member.account.email)
    gone = appointments(app, clock, circle.third.account.email)

    assert [method for method, _event in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({str(event["UID"]) for _method, event in found + gone}) == 1
    assert [int(event["SEQUENCE"]) for _method, event in found] == [0, 1, 2]
    assert f"{found[1][1]['DTSTART'].dt:%H:%M}" == "09:30", "Riga is two hours ahead"
    assert [method for method, _event in gone] == ["REQUEST", "CANCEL"]
    with pytest.raises(Conflict):
        service.answer(circle.member.ctx, circle.seen(circle.member), row, "yes")


def test_who_wants_no_mails_gets_none_and_still_finds_it_here(
    app: Flask, circle: Circle, clock: FixedClock
) -> None:
    account = circle.member.account
    Choice.create(account=account.id, kind="meetings.invited", how="none")
    circle.plan()

    assert appointments(app, clock, account.email) == []
    assert Notice.select().where(Notice.account == account.id).count() >= 1
    with app.test_request_context():
        events = plugin.calendar_list(circle.member.ctx)
        tasks = plugin.task_list(circle.member.ctx)
    assert [event["title"] for event in events] == ["Metal without borders: Kick-off"]
    assert "canary-room" not in str(events)
    assert [task.title for task in tasks] == ["Say whether you come: Kick-off"]


def test_only_people_of_invited_organisations_answer_and_only_until_it_is_over(
    circle: Circle, clock: FixedClock
) -> None:
    row = circle.plan(guests=[circle.member.organisation.slug])
    with pytest.raises(NotAllowed):
        service.answer(circle.third.ctx, circle.seen(circle.third), row, "yes")
    for said in ("yes", "maybe"):
        service.answer(circle.member.ctx, circle.seen(circle.member), row, said)
    with pytest.raises(Invalid):
        service.answer(circle.member.ctx, circle.seen(circle.member), row, "perhaps")
    assert [item.answer for item in queries.answers(row)] == ["maybe"]
    clock.moment = row.ends_at + timedelta(hours=2)
    with pytest.raises(Conflict):
        service.answer(circle.member.ctx, circle.seen(circle.member), row, "no")


def test_who_saves_minutes_second_sees_both_texts_and_members_read_them_once_shared(
    any_circle: Circle,
) -> None:
    circle = any_circle
    row = circle.plan()
    lead, member, third = circle.lead, circle.member, circle.third
    service.write_minutes(lead.ctx, circle.seen(), row, "Ours", 1, share=False)
    with pytest.raises(Conflict) as refused:
        service.write_minutes(member.ctx, circle.seen(member), row, "Theirs", 1, share=True)
    assert refused.value.texts == {"minutes": {"yours": "Theirs", "theirs": "Ours"}}
    with pytest.raises(NotAllowed):
        service.write_minutes(third.ctx, circle.seen(third), row, "Mine", 2, share=False)
    with pytest.raises(Invalid):
        service.write_minutes(member.ctx, circle.seen(member), row, " ", 2, share=True)
    service.write_minutes(member.ctx, circle.seen(member), row, "Both", 2, share=True)
    assert again(row).minutes == "Both" and again(row).shared_at


def test_actions_are_told_reminded_of_once_and_ticked_off_by_their_owner(
    circle: Circle, ctx: Context, clock: FixedClock
) -> None:
    row = circle.plan()
    day = clock.moment.date() + timedelta(days=2)
    values = {"title": "Book", "organisation": circle.third.organisation.slug, "due_on": day}
    made = service.add_action(circle.member.ctx, circle.seen(circle.member), row, values)
    Notice.delete().execute()
    for _time in range(2):
        reminding.look_after(ctx)
    assert [item.account_id for item in Notice.select()] == [circle.third.account.id]
    with pytest.raises(NotAllowed):
        service.finish_action(circle.member.ctx, circle.seen(circle.member), made, True)
    service.finish_action(circle.third.ctx, circle.seen(circle.third), made, True)
    assert queries.actions(circle.seen())[0].done_at
    for slug in (circle.former.organisation.slug, circle.stranger.organisation.slug, ""):
        with pytest.raises(Invalid):
            service.add_action(
                circle.lead.ctx, circle.seen(), row, {**values, "organisation": slug}
            )


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"day": date(2026, 11, 1)}, "day"),
    ({"day": None}, "day"),
    ({"day": date(2027, 3, 28), "time": "03:30"}, "day"),
    ({"time": "25:00"}, "day"),
    ({"zone": "Mars/Base"}, "zone"),
    ({"length": 0}, "length"),
    ({"title": "\x00 "}, "title"),
    ({"joining": "javascript:alert(1)"}, "joining"),
    ({"joining": "https://a.example/\nX: y"}, "joining"),
    ({"series": "A b"}, "series"),
    ({"guests": []}, "guests"),
    ({"guests": ["nobody"]}, "guests"),
    ({"scribe": "nobody"}, "scribe"),
)


def test_what_a_meeting_can_not_be_is_named_with_its_field(circle: Circle) -> None:
    for more, field in WRONG:
        with pytest.raises(Invalid) as refused:
            circle.plan(**more)
        assert refused.value.field == field, more
    assert circle.plan(series="../../setup?x=1").series == "setup", "only the last part is kept"


def test_the_archive_keeps_what_was_shared_and_names_nobody(circle: Circle) -> None:
    row, lead = circle.plan(), circle.lead.ctx
    service.write_minutes(lead, circle.seen(), row, "Not yet", 1, share=False)
    circle.put()
    assert set(plugin.consortia_archive(lead, circle.seen())) == {"meetings.csv", "decisions.csv"}
    service.write_minutes(lead, circle.seen(), row, "All agreed.", 2, share=True)
    found = plugin.consortia_archive(lead, circle.seen())
    minutes = next(text for name, text in found.items() if name.startswith("minutes-2026-12-01"))
    assert b"All agreed." in minutes
    assert not any(circle.member.account.name.encode() in text for text in found.values())
