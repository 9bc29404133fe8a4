"""Who is reminded of what was agreed: chosen, told before and after the day, until it is done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.attendance import keeping, outcomes, owning, reminding, rules
from plugins.attendance.models import Outcome, Owner
from plugins.attendance.plugin import task_list
from plugins.notices.models import Notice
from plugins.roundtables.models import Interest
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.mail import Outbox
from tests.factories import csrf_token, post, sign_in
from tests.plugins.attendance.conftest import Held, system
from tests.visiting import faults

DUE = date(2027, 2, 1)


def action(held: Held, at: int | None, due: str = str(DUE), **more: Any) -> dict[str, Any]:
    """Return an action of which somebody is reminded, the host where none is named."""
    owner = "host" if at is None else f"seat {held.place(at).public_id}"
    return {"what": f"Task {at}", "who": "a role", "due": due, "owner": owner, **more}


def write(held: Held, *actions: dict[str, Any]) -> list[dict[str, Any]]:
    """Write outcomes with actions; returns them as they are kept."""
    values = {"notes": "It was good.", "actions": actions}
    outcomes.write(held.host, held.series, held.table, values, None)
    kept: list[dict[str, Any]] = Outcome.get().actions
    return kept


def mails(address: str) -> list[str]:
    """Return the subjects of reminders to an address."""
    rows = Outbox.select().where(Outbox.kind == reminding.KIND, Outbox.recipient == address)
    return [row.subject for row in rows.order_by(Outbox.id)]


@pytest.mark.parametrize(
    ("today", "sent", "expected"),
    [
        ("2027-01-28", (False, False), ""), ("2027-01-29", (False, False), "before"),
        ("2027-02-01", (False, False), "before"), ("2027-02-01", (True, False), ""),
        ("2027-02-02", (True, False), "after"), ("2027-02-02", (True, True), ""),
        ("2027-02-15", (False, False), "after"), ("2027-02-16", (False, False), ""),
    ],
)  # fmt: skip
def test_a_reminder_is_due_around_its_day(
    today: str, sent: tuple[bool, bool], expected: str
) -> None:
    now = date.fromisoformat(today)

    found = rules.reminder(DUE, now, is_before_sent=sent[0], is_after_sent=sent[1])

    assert found == expected


def test_owners_are_reminded_before_and_after_the_day_until_it_is_done(
    held_anywhere: Held, ctx: Context, clock: FixedClock
) -> None:
    held = held_anywhere
    kept = write(held, action(held, 0), action(held, 1), action(held, None))
    assert all("owner" not in one and one["id"] for one in kept)
    clock.moment = datetime(2027, 1, 29, 3, tzinfo=UTC)
    assert reminding.look_after(system(ctx)) == 0  # too early in the morning
    clock.moment += timedelta(hours=6)
    assert reminding.look_after(system(ctx)) == 3 and reminding.look_after(system(ctx)) == 0

    first, second = (row.email for row in held.people[:2])
    assert mails(first) == ["Still to do until 1 February 2027: Task 0"]
    last = Outbox.select().where(Outbox.recipient == first).order_by(Outbox.id.desc()).get()
    assert held.path(0) in last.text
    notice = Notice.get(Notice.kind == reminding.NOTICE)
    assert "Task None" in str(notice.title) and "2027-02-01" in str(notice.body)
    assert [(task.title, task.due_at) for task in task_list(held.host)] == [
        ("To do after a round table: Task None", datetime(2027, 2, 1, 21, 59, tzinfo=UTC))
    ]
    with pytest.raises(NotFound):  # nobody answers for others
        owning.answer(ctx, held.series, held.table, held.seats[0], kept[1]["id"], True)
    owning.answer(ctx, held.series, held.table, held.seats[0], kept[0]["id"], True)
    clock.moment += timedelta(days=4)

    assert reminding.look_after(system(ctx)) == 2 and reminding.look_after(system(ctx)) == 0
    assert len(mails(first)) == 1
    assert mails(second)[-1] == "Not done yet, due on 1 February 2027: Task 1"
    assert Outcome.get().actions[0]["done"]


def test_a_changed_day_begins_anew_and_what_is_not_theirs_falls_to_the_host(
    held: Held, ctx: Context, clock: FixedClock
) -> None:
    clock.moment = datetime(2027, 1, 30, 9, tzinfo=UTC)
    (kept,) = write(held, action(held, 0))
    assert reminding.look_after(system(ctx)) == 1
    write(held, action(held, 0, id=kept["id"]))
    assert reminding.look_after(system(ctx)) == 0  # saving again reminds nobody again
    write(held, action(held, 0, "2027-02-02", id=kept["id"]))
    assert reminding.look_after(system(ctx)) == 1

    owning.answer(ctx, held.series, held.table, held.seats[0], kept["id"], False)
    assert owning.own(held.table, held.seats[0]) == []
    assert reminding.look_after(system(ctx)) == 1 and len(mails(held.people[0].email)) == 2
    assert owning.chosen(held.series, held.table) == {kept["id"]: "host"}
    for wrong, field in (({"owner": "seat x"}, "owner_1"), ({"due": ""}, "due_1")):
        with pytest.raises(Invalid) as error:
            write(held, {**action(held, 0), **wrong})
        assert error.value.field == field
    write(held)
    assert Owner.select().count() == 0


def test_who_withdrew_is_not_written_to_and_goes_with_the_interest(
    held: Held, ctx: Context, clock: FixedClock
) -> None:
    write(held, action(held, 0), action(held, 1))
    Interest.update(state="withdrawn").where(Interest.id == held.people[0].id).execute()
    clock.moment = datetime(2027, 1, 30, 9, tzinfo=UTC)
    assert reminding.look_after(system(ctx)) == 2
    assert mails(held.people[0].email) == [] and Notice.select().count() > 0
    Interest.delete().where(Interest.id == held.people[1].id).execute()

    keeping.forget(system(ctx))

    assert {row.interest_id for row in Owner.select()} == {held.people[0].id}


def test_pages_choose_who_is_reminded_and_let_them_answer(
    app: Flask, shown: Held, ctx: Context
) -> None:
    client, page = sign_in(app.test_client(), shown.account), ""
    with app.app_context():
        page = reminding.page(shown.series, shown.table)
    assert "Who is reminded" in client.get(page).text and faults(client.get(page)) == []
    sent = {f"{name}_1": str(value) for name, value in action(shown, 0).items()} | {"id_1": ""}
    wrong = post(client, page, **{**sent, "owner_1": "seat x"}, version="0")
    assert wrong.status_code == 422 and "Choose from the list" in wrong.text
    assert post(client, page, **sent, version="0").status_code == 303
    assert f'value="{sent["owner_1"]}" selected' in client.get(page).text

    person, own = app.test_client(), shown.path(0)
    told = person.get(own)
    assert "What you take care of" in told.text and faults(told) == []
    values = {"csrf_token": csrf_token(person, own), "done": "yes"}
    assert person.post(f"{own}/action", data={**values, "action": "x"}).status_code == 404
    with app.app_context():
        number = Owner.get().action
    assert person.post(f"{own}/action", data={**values, "action": number}).status_code == 303
    assert "It is not mine" not in person.get(own).text
    assert "What you take care of" not in person.get(shown.path(1)).text
