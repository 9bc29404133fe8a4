"""Mobilities: planned by one side, agreed by another, ended by time or by two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.mobilities import ending, interface, people, queries, service
from plugins.mobilities.models import Mobility, ParticipantRow, PlacementRow
from portal import permissions, workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.events import EventRow
from portal.organisations.models import Organisation
from tests.factories import NOON, make_account, make_member, make_organisation
from tests.plugins.mobilities.conftest import (
    DAY,
    PERSON,
    TODAY,
    VALUES,
    Pair,
    acting,
    make_pair,
    stay_of,
)


def ended_events() -> list[Any]:
    return list(EventRow.select().where(EventRow.name == "mobility.ended"))


def report_of(pair: Pair, ctx: Context, mobility: Mobility, by: str = "sender", **more: Any) -> Any:
    side = {"sender": "sending", "receiver": "host", "helper": "supporting"}[by]
    values = {
        "what": "did_not_happen",
        "day": None,
        "initiator": "outside",
        "reason": "No visa.",
        **more,
    }
    return ending.report(acting(ctx, getattr(pair, by)), stay_of(mobility), side, values)


# Planning and agreeing


def test_a_host_agrees_to_what_a_school_plans(pair_anywhere: Pair, ctx: Context) -> None:
    pair = pair_anywhere
    made = pair.plan()

    workflow.move(acting(ctx, pair.receiver), made, "agree")

    now = Mobility.get_by_id(made.id)
    assert (now.state, now.agreed_at) == ("agreed", NOON)


def test_nobody_who_acts_for_the_sending_side_agrees_for_the_host(pair: Pair, ctx: Context) -> None:
    make_member(pair.host, pair.sender)
    made = pair.plan()

    with pytest.raises(NotAllowed):
        workflow.move(acting(ctx, pair.sender), made, "agree")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"participants": []}, "participant"),
        ({"contact_id": None}, "who helps"),
        ({"starts_on": TODAY - 30 * DAY, "ends_on": TODAY - DAY}, "last day is over"),
    ],
)
def test_a_host_agrees_only_to_what_is_complete_and_still_to_come(
    pair: Pair, ctx: Context, more: dict[str, Any], said: str
) -> None:
    made = pair.plan(**more)

    with pytest.raises(Invalid, match=said):
        workflow.move(acting(ctx, pair.receiver), made, "agree")


def test_a_plan_that_changed_meanwhile_is_not_agreed_unseen(pair: Pair, ctx: Context) -> None:
    made = pair.plan()
    values = {**VALUES, "title": "Another", "contact_id": None, "participants": [PERSON]}
    service.change(acting(ctx, pair.sender), made, values, host=pair.host, version=1)

    with pytest.raises(Conflict):
        workflow.move(acting(ctx, pair.receiver), made, "agree", version=1)
    with pytest.raises(Conflict):
        service.change(acting(ctx, pair.sender), made, values, host=pair.host, version=1)


def test_only_organisations_with_people_here_and_of_one_kind_are_sides(
    pair: Pair, ctx: Context
) -> None:
    unclaimed = make_organisation("Nobody there")
    made_up = make_organisation("Made up", admin=make_account(pair.app), is_fictional=True)
    for host in (unclaimed, made_up, pair.school):
        with pytest.raises(Invalid) as refused:
            service.check_sides(pair.school, host, None)
        assert refused.value.field == "host"
    with pytest.raises(Invalid):
        service.check_sides(pair.school, pair.host, pair.host)


def test_a_stranger_plans_nothing_for_others_and_sees_nothing(pair: Pair, ctx: Context) -> None:
    stranger = make_account(pair.app)
    made = pair.plan()
    values = {**VALUES, "contact_id": None, "participants": []}

    with pytest.raises(NotFound):
        service.plan(acting(ctx, stranger), values, sending=pair.school, host=pair.host)
    with pytest.raises(NotFound):
        queries.find(acting(ctx, stranger), made.public_id)
    assert queries.mine(acting(ctx, stranger)) == []


def test_the_people_of_each_side_see_it_and_act_as_the_state_says(
    pair_anywhere: Pair, ctx: Context
) -> None:
    pair = pair_anywhere
    made = pair.agreed()
    reader = make_account(pair.app)
    make_member(pair.host, reader, "OrgMember")
    expected = {
        pair.sender.id: {"view", "send", "report", "history"},
        pair.receiver.id: {"view", "receive", "report", "history"},
        pair.helper.id: {"view", "report", "history"},
        reader.id: {"view", "history"},
    }

    for account in (pair.sender, pair.receiver, pair.helper, reader):
        found = queries.find(acting(ctx, account), made.public_id)
        assert found.rights == expected[account.id]
        row = Mobility.select().where(permissions.visible(acting(ctx, account), Mobility))
        assert [item.id for item in row] == [made.id]


def test_a_plan_ends_when_either_side_says_so_and_an_agreed_one_does_not(
    pair: Pair, ctx: Context
) -> None:
    cancelled, declined, agreed = pair.plan(), pair.plan(), pair.agreed()
    workflow.move(acting(ctx, pair.sender), cancelled, "cancel", "No funds.")
    workflow.move(acting(ctx, pair.receiver), declined, "decline", "No place.")

    assert {Mobility.get_by_id(item.id).state for item in (cancelled, declined)} == {"cancelled"}
    with pytest.raises((Conflict, NotAllowed)):
        workflow.move(acting(ctx, pair.sender), agreed, "cancel", "No funds.")


def test_participants_with_one_workplace_share_a_placement(pair: Pair) -> None:
    people = [
        {**PERSON, "workplace": place, "name": f"Learner {at}"}
        for at, place in enumerate(["", "Bakery", "Bakery", ""], 1)
    ]

    made = pair.plan(kind="group", participants=people)

    rows = queries.placements([made.id])[made.id]
    counts = [len(interface.participants(row.id)) for row in rows]
    assert [(row.workplace, count) for row, count in zip(rows, counts, strict=True)] == [
        ("", 2),
        ("Bakery", 2),
    ]


def test_each_step_is_taken_by_the_side_that_knows(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    made = pair.agreed()
    host, school = acting(ctx, pair.receiver), acting(ctx, pair.sender)
    with pytest.raises(Invalid):
        workflow.move(host, made, "begin")
    clock.moment = NOON + 31 * DAY
    for wrong, right, step in (
        (school, host, "begin"),
        (school, host, "assess"),
        (host, school, "recognise"),
    ):
        with pytest.raises(NotAllowed):
            workflow.move(wrong, made, step)
        workflow.move(right, made, step)
    with pytest.raises(Invalid, match="not ended"):
        workflow.move(school, made, "close")
    clock.moment = NOON + 60 * DAY
    ending.end_due(ctx)
    workflow.move(school, made, "close")

    assert Mobility.get_by_id(made.id).state == "closed"


# The end


def test_a_stay_ends_by_itself_once_seven_days_after_its_last_day(
    pair_anywhere: Pair, ctx: Context, clock: FixedClock
) -> None:
    pair = pair_anywhere
    made = pair.agreed()
    clock.moment = NOON + 57 * DAY
    assert ending.end_due(ctx) == 0
    clock.moment = NOON + 58 * DAY

    assert ending.end_due(ctx) == 1
    assert ending.end_due(ctx) == 0

    (event,) = ended_events()
    stay = stay_of(made)
    assert (event.subject_type, event.subject_id) == (interface.PLACEMENT, stay.id)
    assert (stay.outcome, stay.ended_on) == ("ended", VALUES["ends_on"].isoformat())
    assert Mobility.get_by_id(made.id).state == "running"


def test_a_plan_that_nobody_agreed_to_never_ends_and_is_never_rated(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    pair.plan()
    clock.moment = NOON + 400 * DAY

    assert ending.end_due(ctx) == 0
    assert ended_events() == []


def test_what_one_side_reports_counts_once_another_confirms(
    pair_anywhere: Pair, ctx: Context
) -> None:
    pair = pair_anywhere
    made = pair.agreed()
    report = report_of(pair, ctx, made)
    assert stay_of(made).outcome == ""

    ending.answer(acting(ctx, pair.receiver), report, "host", True)

    stay = stay_of(made)
    assert (stay.outcome, stay.initiator) == ("did_not_happen", "outside")
    assert Mobility.get_by_id(made.id).state == "did_not_happen"
    assert len(ended_events()) == 1


def test_silence_of_seven_days_is_consent(pair: Pair, ctx: Context, clock: FixedClock) -> None:
    made = pair.agreed()
    report_of(pair, ctx, made)
    clock.moment = NOON + 6 * DAY
    assert ending.end_due(ctx) == 0
    clock.moment = NOON + 7 * DAY

    assert ending.end_due(ctx) == 1
    assert stay_of(made).outcome == "did_not_happen"
    assert queries.reports([stay_of(made).id])[0].answer == "settled"


def test_an_objection_needs_reasons_and_lets_the_stay_end_as_planned(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    made = pair.agreed()
    report = report_of(pair, ctx, made)
    with pytest.raises(Invalid):
        ending.answer(acting(ctx, pair.receiver), report, "host", False)
    ending.answer(acting(ctx, pair.receiver), report, "host", False, "They are here.")
    clock.moment = NOON + 58 * DAY
    ending.end_due(ctx)

    assert stay_of(made).outcome == "ended"


def test_nobody_answers_their_own_report_even_through_another_organisation(
    pair: Pair, ctx: Context
) -> None:
    made = pair.agreed()
    report = report_of(pair, ctx, made)
    make_member(pair.support, pair.sender)

    for side in ("sending", "supporting"):
        with pytest.raises(NotAllowed):
            ending.answer(acting(ctx, pair.sender), report, side, True)
    with pytest.raises(NotAllowed):
        ending.answer(acting(ctx, pair.helper), report, "host", True)


def test_two_answers_or_two_reports_at_once_are_refused(pair: Pair, ctx: Context) -> None:
    made = pair.agreed()
    report = report_of(pair, ctx, made)
    with pytest.raises(Conflict):
        report_of(pair, ctx, made, "receiver")
    ending.answer(acting(ctx, pair.receiver), report, "host", False, "They are here.")

    with pytest.raises(Conflict):
        ending.answer(acting(ctx, pair.receiver), report, "host", True)


def test_a_longer_stay_needs_two_sides_beyond_14_days(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    made, alone = pair.agreed(), pair.agreed()
    last = VALUES["ends_on"] + 40 * DAY
    longer = {"what": "extended", "day": last}
    report = report_of(pair, ctx, made, "receiver", **longer)
    ending.answer(acting(ctx, pair.sender), report, "sending", True)
    report_of(pair, ctx, alone, **longer)
    clock.moment = NOON + (51 + 21) * DAY
    ending.end_due(ctx)

    assert (stay_of(made).outcome, stay_of(made).ends_on) == ("", last.isoformat())
    assert Mobility.get_by_id(made.id).ends_on == last.isoformat()
    held = (VALUES["ends_on"] + 14 * DAY).isoformat()
    assert (stay_of(alone).outcome, stay_of(alone).ended_on) == ("ended", held)


def test_a_report_of_what_was_assessed_meanwhile_settles_without_a_fault(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    made = pair.agreed()
    clock.moment = NOON + 31 * DAY
    report_of(pair, ctx, made)
    for step in ("begin", "assess"):
        workflow.move(acting(ctx, pair.receiver), made, step)
    clock.moment = NOON + 39 * DAY

    assert ending.end_due(ctx) == 1
    assert Mobility.get_by_id(made.id).state == "did_not_happen"


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["report", "extend", "withdraw", "step"]),
        st.integers(1, 25),
    ),
    max_size=6,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(["sender", "receiver", "helper"]), ACTS)
def test_no_side_alone_keeps_a_stay_from_its_end(
    pair: Pair, ctx: Context, clock: FixedClock, who: str, acts: list[tuple[str, int]]
) -> None:
    """The services, under any acts of one side while the others are silent."""
    clock.moment = NOON
    made = pair.agreed(starts_on=TODAY, ends_on=TODAY + 10 * DAY)
    me, report = acting(ctx, getattr(pair, who)), None
    for act, days in acts:
        clock.moment = min(clock.moment + days * DAY, NOON + 31 * DAY)
        try:
            if act == "withdraw" and report is not None:
                ending.take_back(me, report, report.side)
            elif act == "step":
                now = Mobility.get_by_id(made.id)
                for step in workflow.offered(me, now):
                    workflow.move(me, Mobility.get_by_id(made.id), step.name, "Because.")
            else:
                longer = {"what": "extended", "day": TODAY + 300 * DAY}
                report = report_of(pair, ctx, made, who, **(longer if act == "extend" else {}))
        except (Conflict, Invalid, NotAllowed, NotFound):
            pass
        ending.end_due(ctx)
    clock.moment = NOON + (10 + 21) * DAY
    ending.end_due(ctx)

    assert stay_of(made).outcome
    here = EventRow.subject_id == stay_of(made).id
    assert EventRow.select().where(EventRow.name == "mobility.ended", here).count() == 1


# Guards of other plugins


def test_an_agreement_is_asked_for_only_where_a_plugin_looks_after_it(
    pair: Pair, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = pair.app.extensions["portal"].registry.hooks
    ready: Callable[[str], Any] = hooks._ready
    answers = {"mobilities_agreed": False}

    def answered(hook: str) -> Any:
        check, found = ready(hook)
        if hook not in answers:
            return check, found
        said = answers[hook]
        return check, [("agreements", lambda ctx, mobility_ids: {mobility_ids[0]: said})]

    monkeypatch.setattr(hooks, "_ready", answered)
    made = pair.plan()
    with pytest.raises(Invalid, match="signed"):
        workflow.move(acting(ctx, pair.receiver), made, "agree")
    answers["mobilities_agreed"] = True

    workflow.move(acting(ctx, pair.receiver), made, "agree")


# What others are told


def test_facts_for_other_plugins_name_sides_people_and_ends(
    pair_anywhere: Pair, ctx: Context, clock: FixedClock
) -> None:
    pair = pair_anywhere
    made = pair.agreed()
    stay = stay_of(made)
    assert interface.ended([stay.id]) == {}
    clock.moment = NOON + 58 * DAY
    ending.end_due(ctx)

    fact = interface.placement(stay.public_id)
    assert interface.ended([stay.id]) == {stay.id: fact}
    assert (fact.sending_id, fact.host_id) == (pair.school.id, pair.host.id)
    assert (fact.outcome, fact.ended_on) == ("ended", VALUES["ends_on"])
    assert [item.email for item in interface.participants(stay.id)] == [PERSON["email"]]
    for organisation in (pair.school, pair.host, pair.support):
        assert interface.ended_of(organisation.id) == [fact]
        counts = interface.completion([organisation.id])[organisation.id]
        assert counts == interface.Completion(ended=1)
    assert interface.roles_on(acting(ctx, pair.helper), stay.id) == {"supporting"}
    with pytest.raises(NotFound):
        interface.placement("nothing")


def test_only_made_up_stays_are_recorded_and_only_by_the_system(app: Flask, ctx: Context) -> None:
    with app.app_context():
        pair = make_pair(app, is_fictional=True)
        days = {"starts_on": TODAY - 30 * DAY, "ends_on": TODAY - 10 * DAY}
        sides = {"sending": pair.school, "host": pair.host}
        with pytest.raises(NotAllowed):
            interface.record(acting(ctx, pair.sender), **sides, **days)

        made = interface.record(ctx, **sides, **days, participants=[PERSON])

        assert (made.outcome, len(ended_events())) == ("ended", 1)
        Organisation.update(is_fictional=False).where(Organisation.id == pair.host.id).execute()
        with pytest.raises(NotAllowed):
            real = {"sending": pair.school, "host": Organisation.get_by_id(pair.host.id)}
            interface.record(ctx, **real, **days)


def test_an_organisation_that_agreed_is_not_deleted(pair: Pair, ctx: Context) -> None:
    pair.plan()
    assert queries.in_use([pair.host.id]) == set()
    pair.agreed()

    assert queries.in_use([pair.host.id, pair.support.id]) == {pair.host.id, pair.support.id}


def test_what_is_over_is_not_put_right_any_more(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    made = pair.agreed()
    person = ParticipantRow.get()
    values = {"name": "Learner 1", "email": "other@school.example", "language": "de"}
    people.correct(acting(ctx, pair.sender), made, person, values)
    assert ParticipantRow.get().email == "other@school.example"
    with pytest.raises(NotAllowed):
        people.correct(acting(ctx, pair.receiver), made, person, values)
    clock.moment = NOON + 58 * DAY
    ending.end_due(ctx)

    with pytest.raises(Conflict):
        people.correct(acting(ctx, pair.sender), made, person, values)
    with pytest.raises(Conflict):
        people.name_workplace(acting(ctx, pair.receiver), made, PlacementRow.get(), {})
