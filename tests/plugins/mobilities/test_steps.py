"""What has to be done: lists, days, who marks what, reminders, worklist, paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from plugins.mobilities import demo, ending, reminding, service, steps, tasklist, worklist
from plugins.mobilities.models import Alarm, Mobility, ParticipantRow, TaskRow
from plugins.notices.models import Notice
from plugins.partners import demo as partners
from portal import workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import NOON, make_account
from tests.plugins.mobilities.conftest import (
    DAY,
    PERSON,
    TODAY,
    VALUES,
    Browser,
    Pair,
    acting,
    stay_of,
)

FIRST_DAY, LAST_DAY = date(2027, 5, 3), date(2027, 5, 28)


def test_the_first_list_has_all_steps_of_the_checklist_with_lead_and_proof() -> None:
    found = steps.LISTS[1]

    counts = {phase: sum(step.phase == phase for step in found) for phase in steps.PHASES}
    assert counts == {"partners": 5, "before": 16, "during": 8, "after": 9}
    assert len({step.key for step in found}) == len(found) == 38
    assert all(step.proof and step.lead in {"sending", "host", "participant"} for step in found)


@pytest.mark.parametrize(
    ("key", "planned_days_before", "expected"),
    [
        ("B10", 200, date(2027, 4, 3)),
        ("B10", 20, date(2027, 4, 27)),
        ("B10", 3, date(2027, 5, 2)),
        ("D1", 200, date(2027, 5, 5)),
        ("D4", 200, date(2027, 5, 15)),
        ("A3", 200, date(2027, 6, 27)),
        ("A9", 200, date(2028, 5, 27)),
    ],
)
def test_days_are_counted_from_the_stay_and_leave_time_for_what_is_planned_late(
    key: str, planned_days_before: int, expected: date
) -> None:
    step = steps.steps_of(1)[key]

    planned = FIRST_DAY - planned_days_before * DAY
    assert steps.due_on(step, FIRST_DAY, LAST_DAY, planned) == expected


def test_staff_and_online_stays_have_the_steps_that_fit_them() -> None:
    staff = {step.key for step in steps.fitting("staff", "physical")}
    online = {step.key for step in steps.fitting("group", "virtual")}

    assert "A3" not in staff and "B14" in staff
    assert "B14" not in online and "A3" in online


def test_steps_follow_the_days_and_those_that_were_marked_stay(
    pair_anywhere: Pair, ctx: Context
) -> None:
    pair = pair_anywhere
    made = pair.plan()
    school = acting(ctx, pair.sender)
    tasklist.mark(school, made, "B6", "done", "Open call of May", {"sending"})
    later = {"starts_on": TODAY + 60 * DAY, "ends_on": TODAY + 80 * DAY, "kind": "staff"}
    values = {**VALUES, **later, "contact_id": pair.sender.id, "participants": [PERSON]}

    changed = service.change(school, made, values, host=pair.host)

    rows = {row.key: row for row in TaskRow.select().where(TaskRow.mobility == changed.id)}
    assert (rows["B6"].state, rows["B6"].note) == ("done", "Open call of May")
    assert rows["D1"].due_on == (TODAY + 62 * DAY).isoformat()
    assert "A3" not in rows
    assert tasklist.counts([changed.id])[changed.id] == (1, len(rows))


def test_a_step_is_marked_by_the_sides_that_have_a_part_in_it(pair: Pair, ctx: Context) -> None:
    made = pair.agreed()
    host, school = acting(ctx, pair.receiver), acting(ctx, pair.sender)
    with pytest.raises(NotAllowed):
        tasklist.mark(host, made, "B6", "done", "", {"host"})
    with pytest.raises(NotFound):
        tasklist.mark(school, made, "Z9", "done", "", {"sending"})
    with pytest.raises(Invalid):
        tasklist.mark(school, made, "B6", "done", "x" * 501, {"sending"})

    tasklist.mark(host, made, "B10", "done", "", {"host"})
    tasklist.mark(school, made, "B10", "open", "", {"sending"})
    tasklist.mark(school, made, "A2", "not_needed", "", {"sending"})

    done = {item.row.key: item.row.state for item in tasklist.items(made.id)}
    assert (done["B9"], done["B10"], done["A2"]) == ("done", "open", "not_needed")


def test_a_step_of_participants_is_done_once_each_of_them_did_it(pair: Pair, ctx: Context) -> None:
    people = [PERSON, {**PERSON, "name": "Learner 2"}]
    made = pair.agreed(kind="group", participants=people)
    first, second = ParticipantRow.select().order_by(ParticipantRow.id)

    tasklist.did(ctx, first, made, "B8")
    tasklist.did(ctx, first, made, "B8")
    (half,) = [item for item in tasklist.items(made.id) if item.row.key == "B8"]
    assert (half.row.state, half.marks) == ("open", 1)
    tasklist.did(ctx, second, made, "B8")

    assert TaskRow.get(TaskRow.mobility == made.id, TaskRow.key == "B8").state == "done"
    with pytest.raises(NotFound):
        tasklist.did(ctx, first, made, "B6")


def told() -> list[int]:
    """Return who was reminded, the first first."""
    rows = Notice.select().where(Notice.kind == "mobilities.steps_due").order_by(Notice.id)
    return [row.account_id for row in rows]


def test_each_side_is_reminded_once_of_what_it_leads(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    pair.agreed()
    clock.moment = NOON + 12 * DAY
    reminding.remind(ctx)
    reminding.remind(ctx)

    assert sorted(told()) == sorted([pair.sender.id, pair.receiver.id])


def test_late_steps_are_reminded_weekly_until_they_are_done_or_eight_weeks_late(
    pair_anywhere: Pair, ctx: Context, clock: FixedClock
) -> None:
    pair = pair_anywhere
    made = pair.agreed()
    step = TaskRow.get(TaskRow.mobility == made.id, TaskRow.key == "B11")
    TaskRow.update(state="done").where(TaskRow.id != step.id).execute()
    due = date.fromisoformat(step.due_on)

    def days(late: range) -> list[int]:
        """Run the job on these days; return after how many days it told somebody."""
        found = []
        for day in late:
            before, clock.moment = len(told()), NOON + (due - TODAY) + day * DAY
            reminding.remind(ctx)
            found += [day] * (len(told()) - before)
        return found

    assert days(range(-5, 20)) == [-3, 4, 11, 18]
    titles = [row.title["message"] for row in Notice.select().order_by(Notice.id)]
    assert titles[-2:] == ["Steps are late: %(title)s"] * 2
    tasklist.mark(acting(ctx, pair.sender), made, "B11", "done", "", {"sending"})
    assert days(range(20, 30)) == []
    tasklist.mark(acting(ctx, pair.sender), made, "B11", "open", "", {"sending"})
    assert days(range(30, 90)) == [30, 37, 44, 51]


def test_what_is_due_waits_with_those_who_lead_it(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    planned = pair.plan(title="A plan")
    host, school = acting(ctx, pair.receiver), acting(ctx, pair.sender)

    assert [task.title for task in worklist.tasks(host)] == [
        "School of Bonn asks you to host: A plan"
    ]
    assert ["due" in task.title for task in worklist.tasks(school)] == [True]
    assert worklist.tasks(acting(ctx, make_account(pair.app))) == []
    workflow.move(host, planned, "agree")
    values = {"what": "did_not_happen", "day": None, "initiator": "host", "reason": "Fire."}
    ending.report(host, stay_of(planned), "host", values)
    assert "Does it end as planned?" in worklist.tasks(school)[0].title
    assert all("Does it end" not in task.title for task in worklist.tasks(host))
    (entry,) = worklist.calendar(acting(ctx, pair.helper))
    assert (entry["start"], entry["end"]) == (VALUES["starts_on"], VALUES["ends_on"] + DAY)


def test_a_stay_that_does_not_happen_leaves_nothing_to_do(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    made = pair.plan()
    workflow.move(acting(ctx, pair.sender), made, "cancel", "No funds.")
    clock.moment = NOON + 40 * DAY

    assert worklist.tasks(acting(ctx, pair.sender)) == []
    assert tasklist.to_remind(clock.now().date()) == {}
    with pytest.raises(Conflict):
        tasklist.mark(acting(ctx, pair.sender), made, "B6", "done", "", {"sending"})


def test_the_page_of_steps_marks_them_and_prints_them(pair: Pair, app: Flask) -> None:
    made = pair.agreed()
    here = f"/mobilities/{made.public_id}"
    browser = Browser(app, pair.receiver)

    assert "1 of 38 steps done" in browser.see(here).text
    page = browser.see(f"{here}/steps?show=mine")
    assert "Assessment as planned" in page.text and "Open call" not in page.text
    answer = browser.post(f"{here}/steps/D6/done", f"{here}/steps", note="Result sheet")
    assert answer.status_code == 303
    assert "Result sheet" in browser.see(f"{here}/steps").text
    assert "Checklist: Host" in browser.see(f"{here}/checklist?for=host").text
    assert "Validation" in browser.get(f"{here}/checklist?for=competent").text
    work = browser.get(f"{here}/checklist?for=workplace").text
    assert "safety briefing" in work and "Grant agreement" not in work
    assert browser.post(f"{here}/steps/B6/done", f"{here}/steps").status_code == 403


def test_the_demonstration_shows_two_years_of_made_up_stays(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    app = make_portal(plugins=["mobilities"])
    with app.app_context():
        partners.load(ctx)
        demo.load(ctx)
        demo.load(ctx)

        rows = list(Mobility.select())
        assert len(rows) == 44 and len({row.host_id for row in rows}) >= 10
        assert all(row.sending.is_fictional and row.host.is_fictional for row in rows)
        assert Alarm.select().count() == 0
