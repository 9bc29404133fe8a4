"""Who came, outcomes, the survey, and what is left when names are deleted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from plugins.attendance import grouping, keeping, outcomes, surveys
from plugins.attendance.models import (
    Comment,
    Consent,
    Group,
    Outcome,
    Spent,
    Tally,
)
from plugins.roundtables import after
from plugins.roundtables import interface as roundtables
from plugins.roundtables.models import Interest, Place
from plugins.roundtables.models import Series as SeriesRow
from portal import db
from portal.clock import FixedClock
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.plugins.attendance.conftest import Held, system

VALUES = {
    "notes": "It was good.", "agreed": "One contact each.\nA list.", "open": "",
    "actions": [{"what": "Write the list", "who": "the host", "due": "2027-02-01"}],
}  # fmt: skip


def test_the_host_notes_who_came_was_excused_or_stayed_away(held: Held, ctx: Context) -> None:
    assert Counter(seat.state for seat in held.seats) == {"attended": 4, "accepted": 1}
    late = next(seat for seat in held.seats if seat.state == "accepted")

    for state in ("excused", "absent", "attended"):
        roundtables.mark(held.host, held.series, late, state)
        assert next(seat.state for seat in held.seats if seat.id == late.id) == state
    assert Place.get_by_id(late.id).attended_at is not None
    with pytest.raises(Conflict):
        roundtables.mark(held.host, held.series, late, "offered")
    Place.update(state="offered").where(Place.id == late.id).execute()
    with pytest.raises(Conflict):
        roundtables.mark(held.host, held.series, late, "attended")


def test_groups_are_made_swapped_and_shown_to_those_who_sit_in_them(
    held_anywhere: Held, ctx: Context
) -> None:
    held = held_anywhere
    for wrong in ({"groups": 4, "rounds": 1}, {"groups": 2, "rounds": 9}):
        with pytest.raises(Invalid):
            grouping.make(held.host, held.series, held.table, **wrong)
    with pytest.raises((NotAllowed, NotFound)):
        grouping.make(ctx.as_actor(ANONYMOUS), held.series, held.table, 2, 1)

    grouping.make(held.host, held.series, held.table, 2, 2)

    first = grouping.shown(held.series, held.table)[0]
    assert sorted(map(len, first)) == [2, 3]
    one, other = first[0][0], first[1][0]
    grouping.swap(held.host, held.series, held.table, 1, one.public_id, other.public_id)
    changed = grouping.shown(held.series, held.table)[0]
    assert one in changed[1] and other in changed[0] and sorted(map(len, changed)) == [2, 3]
    (number, names), _second = grouping.own(held.series, held.table, one)
    assert number == 2 and set(names) == {
        seat.name for seat in changed[1] if seat.is_listed and seat.id != one.id
    }
    with pytest.raises(Invalid):
        grouping.swap(held.host, held.series, held.table, 1, one.public_id, one.public_id)


def test_outcomes_wait_for_the_table_or_for_the_host_to_say_that_it_was_held(held: Held) -> None:
    later = replace(held.table, starts_at=held.table.starts_at + timedelta(days=99))
    with pytest.raises(Conflict, match="not begun"):
        outcomes.write(held.host, held.series, later, VALUES, 0)

    outcomes.write(held.host, replace(held.series, state="held"), later, VALUES, 0)


def test_outcomes_are_kept_by_version_and_name_only_who_agreed(held: Held, ctx: Context) -> None:
    series, table = held.series, held.table
    with pytest.raises(Conflict, match="Write the outcomes first"):
        outcomes.publish(held.host, series, table, True)
    for field, row in (("who_1", {"what": "x"}), ("due_1", {"what": "x", "who": "y", "due": "9"})):
        with pytest.raises(Invalid) as error:
            outcomes.write(held.host, series, table, {**VALUES, "actions": [row]}, 0)
        assert error.value.field == field
    with pytest.raises((NotAllowed, NotFound)):
        outcomes.write(ctx.as_actor(ANONYMOUS), series, table, VALUES, 0)

    outcomes.write(held.host, series, table, VALUES, 0)
    with pytest.raises(Conflict):
        outcomes.write(held.host, series, table, VALUES, 0)
    outcomes.publish(held.host, series, table, True)

    assert outcomes.named(series, table) == []
    one, two, *_others = [seat for seat in held.seats if seat.state == "attended"]
    outcomes.agree(ctx, series, table, one, "name")
    outcomes.agree(ctx, series, table, two, "organisation")
    assert outcomes.named(series, table) == [two.employer, f"{one.name}, {one.employer}"]
    outcomes.agree(ctx, series, table, one, "nothing")
    assert outcomes.named(series, table) == [two.employer]


def test_comments_wait_for_the_host_and_end_on_a_day(
    held: Held, ctx: Context, clock: FixedClock
) -> None:
    series, table, seat = held.series, held.table, held.seats[0]
    with pytest.raises(Conflict, match="closed"):
        outcomes.comment(ctx, series, table, seat, "And me?", True)
    until = (clock.moment + timedelta(days=3)).date()
    outcomes.write(held.host, series, table, {**VALUES, "comments_until": until}, 0)
    with pytest.raises(Invalid):
        outcomes.comment(ctx, series, table, seat, " ", True)

    outcomes.comment(ctx, series, table, seat, "And me?", False)

    assert outcomes.comments(series, table, "shown") == []
    outcomes.moderate(held.host, series, table, Comment.get().public_id, "shown")
    (shown,) = outcomes.comments(series, table, "shown")
    assert shown["row"].text == "And me?" and shown["who"] == ""
    with pytest.raises(NotFound):
        outcomes.moderate(held.host, series, table, "not-there", "shown")
    clock.moment += timedelta(days=5)
    with pytest.raises(Conflict, match="closed"):
        outcomes.comment(ctx, series, table, seat, "Too late", False)


def test_a_survey_counts_answers_and_ties_none_to_a_person(
    held_anywhere: Held, ctx: Context, clock: FixedClock
) -> None:
    held, table = held_anywhere, held_anywhere.table
    given = dict.fromkeys(surveys.QUESTIONS, "4")
    for wrong in ({"useful": "9"}, {}):
        with pytest.raises(Invalid):
            surveys.answer(ctx, table, held.seats[0], wrong)
    audited = db.query("SELECT COUNT(*) FROM audit_entry")

    for seat in held.seats:
        surveys.answer(ctx, table, seat, given)
        with pytest.raises(Conflict, match="already"):
            surveys.answer(ctx, table, seat, given)

    assert db.query("SELECT COUNT(*) FROM audit_entry") == audited
    columns = {name for model in (Spent, Tally) for name in model._meta.columns}
    assert columns == {"digest", "table_id", "id", "question", "value", "count"}
    assert Tally.select().count() == len(surveys.QUESTIONS) * len(surveys.VALUES)
    assert surveys.results(ctx, table) is None  # people can still answer
    before = {row.digest for row in Spent.select()}
    clock.moment += timedelta(days=16)
    found = surveys.results(ctx, table)
    assert found and all(cells == [0, 5, 0, 0, 0, 0] for _name, cells in found)
    assert surveys.as_csv(found).count("\n") == 1 + len(surveys.QUESTIONS)
    keeping.forget(system(ctx))
    assert not before & {row.digest for row in Spent.select()} and surveys.asked(table) == 5
    Spent.delete().where(Spent.digest == Spent.get().digest).execute()
    assert surveys.results(ctx, table) is None  # four are too few


def test_when_names_go_what_hangs_on_them_goes_and_outcomes_stay(
    held: Held, ctx: Context, clock: FixedClock
) -> None:
    series, table, seat = held.series, held.table, held.seats[0]
    until = (clock.moment + timedelta(days=3)).date()
    outcomes.write(held.host, series, table, {**VALUES, "comments_until": until}, 0)
    outcomes.agree(ctx, series, table, seat, "name")
    outcomes.comment(ctx, series, table, seat, "And me?", True)
    grouping.make(held.host, series, table, 2, 1)
    SeriesRow.update(state="held", over_at=clock.moment).where(SeriesRow.id == series.id).execute()

    clock.moment += timedelta(days=181)
    after.forget(system(ctx))
    keeping.forget(system(ctx))

    assert Interest.select().count() == 0
    assert [model.select().count() for model in (Group, Consent, Comment)] == [0, 0, 0]
    assert Outcome.get().findings["notes"] == "It was good."
    SeriesRow.delete().execute()
    keeping.forget(system(ctx))
    assert Outcome.select().count() == 0
