"""What people do with a work plan, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from plugins.consortia import interface as consortia
from plugins.consortia.models import Consortium
from plugins.work import budget, items, queries, report, service, telling
from plugins.work import plugin as answers
from plugins.work.models import Item, Need, Package, Share
from portal import permissions, workflow
from portal.audit import AuditEntry
from portal.clock import FixedClock
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.hookspecs import Event
from tests.plugins.consortia.conftest import Side, part
from tests.plugins.work.conftest import World

D = date
DUE = D(2027, 3, 15)


def values_of(item: Item, side: Side, **more: object) -> dict[str, object]:
    """Return what a form would send for an item."""
    first = date.fromisoformat(item.starts_on) if item.starts_on else None
    kept = {"kind": item.kind, "title": item.title, "text": "", "needs": [], "starts_on": first}
    kept |= {"ends_on": date.fromisoformat(item.ends_on)}
    return {**kept, "owner": side.organisation.public_id, **more}


def test_lead_and_package_lead_plan_and_owners_carry_out(everywhere: World) -> None:
    world = everywhere
    lead, partner, helper = world.lead, world.partner, world.helper
    package = world.package(lead=partner)
    first = world.item(package, "Draft", D(2027, 1, 20), D(2027, 1, 10), owner=helper)
    second = world.item(package, "Print", D(2027, 2, 20), D(2027, 2, 1), needs=(first,))
    with pytest.raises(NotAllowed):
        items.add(helper.ctx, world.seen(helper), package, values_of(first, helper))
    third = items.add(
        partner.ctx, world.seen(partner), package, values_of(first, partner, title="Also")
    )
    with pytest.raises(NotAllowed):
        service.remove_package(partner.ctx, world.seen(partner), package)
    with pytest.raises(NotAllowed):
        workflow.move(helper.ctx, third, "begin")
    with pytest.raises(Invalid, match="“Draft” has to be finished first"):
        workflow.move(lead.ctx, second, "finish")
    for step in ("begin", "finish"):
        workflow.move(helper.ctx, Item.get_by_id(first.id), step)
    workflow.move(lead.ctx, Item.get_by_id(second.id), "finish")
    assert Item.get_by_id(second.id).done_on == world.ctx.clock.now().date().isoformat()
    with pytest.raises(Conflict, match="Open it again"):
        items.change(
            lead.ctx, world.seen(), Item.get_by_id(second.id), values_of(second, lead), None
        )
    workflow.move(lead.ctx, Item.get_by_id(second.id), "reopen")
    assert Item.get_by_id(second.id).done_on == ""
    with pytest.raises(Invalid, match="sentence or two"):
        workflow.move(lead.ctx, Item.get_by_id(second.id), "drop")
    whole = queries.whole(world.row.id)
    assert [row.title for row in whole.all] == ["Draft", "Also", "Print"]
    assert permissions.granted(helper.ctx, third, ["view", "do", "edit"]) == {"view"}
    assert permissions.granted(world.stranger.ctx, third, ["view", "do"]) == set()
    read = budget.read(world.seen(), whole.packages)
    assert read.packages == 0
    assert queries.own_work(partner.ctx)[0][1].id == third.id
    assert AuditEntry.select().where(AuditEntry.action == "work.item_added").count() == 3


def test_what_does_not_fit_is_refused_with_place_and_remedy(world: World) -> None:
    package = world.package(starts_on=D(2027, 1, 1), ends_on=D(2027, 6, 30))
    first = world.item(package, "Draft", D(2027, 1, 20))
    second = world.item(package, "Print", D(2027, 2, 20), D(2027, 2, 1), needs=(first,))
    cases = [
        ({"ends_on": D(2027, 7, 1)}, "ends_on", "outside “Units”.*30 Jun"),
        ({"starts_on": D(2027, 5, 1), "ends_on": D(2027, 4, 1)}, "ends_on", "before the first"),
        ({"owner": world.stranger.organisation.public_id}, "owner", "no active member"),
        ({"needs": [second.public_id]}, "needs", "“Draft” → “Print” → “Draft”"),
        ({"needs": ["gone"]}, "needs", "removed meanwhile"),
        ({"ends_on": D(2027, 2, 5)}, "ends_on", "“Print” begins on"),
        ({"title": " "}, "title", "can't stay empty"),
        ({"kind": "feast"}, "kind", "from the list"),
        ({"ends_on": D(1999, 1, 1)}, "ends_on", "between 2000"),
    ]
    for change, field, said in cases:
        with pytest.raises(Invalid, match=said) as refused:
            items.change(
                world.lead.ctx, world.seen(), first, values_of(first, world.lead, **change), None
            )
        assert refused.value.field == field
    with pytest.raises(Invalid, match="outside “Metal without borders”"):
        world.package(ends_on=D(2029, 1, 1))
    days = {"title": "Units", "aim": "", "lead": world.lead.organisation.public_id}
    with pytest.raises(Invalid, match="“Draft” lies outside these days"):
        service.change_package(
            world.lead.ctx,
            world.seen(),
            package,
            {**days, "starts_on": D(2027, 2, 1), "ends_on": None},
            None,
        )
    Consortium.update(ends_on="2027-02-10").where(Consortium.id == world.row.id).execute()
    outside = service.outside(world.seen(), queries.whole(world.row.id))
    assert [title for title, _days in outside] == ["Units", "Print"]


def test_two_who_save_at_once_are_told_and_what_was_removed_comes_back(world: World) -> None:
    package = world.package()
    one, two, three = (world.item(package, name, D(2027, 1, 20), D(2027, 1, 20)) for name in "ABC")
    saved = items.change(
        world.lead.ctx, world.seen(), one, values_of(one, world.lead, title="A1"), 1
    )
    with pytest.raises(Conflict):
        items.change(world.lead.ctx, world.seen(), one, values_of(one, world.lead), 1)
    assert saved.version == 2
    chain = [(one, two), (two, three)]
    for item, needed in chain:
        Need.create(item=item.id, needs=needed.id)
    items.remove(world.lead.ctx, world.seen(), two)
    with pytest.raises(NotFound):
        queries.item(world.row.id, two.public_id)
    wanted = values_of(three, world.lead, needs=[one.public_id])
    items.change(world.lead.ctx, world.seen(), three, wanted, None)

    items.restore(world.lead.ctx, world.row.public_id, two.public_id)

    kept = {(row.item_id, row.needs_id) for row in Need.select()}
    assert kept == {(three.id, one.id), (one.id, two.id)}, (
        "the line that would close a circle is gone"
    )
    service.remove_package(world.lead.ctx, world.seen(), package)
    assert queries.whole(world.row.id).packages == []
    service.restore_package(world.lead.ctx, world.row.public_id, package.public_id)
    assert len(queries.whole(world.row.id).all) == 3


def test_shares_add_up_and_differences_are_named(world: World) -> None:
    package, other = world.package(), world.package("Travel")
    seen, ctx = world.seen(), world.lead.ctx
    with pytest.raises(Invalid, match="€50 is not given"):
        budget.set_shares(ctx, seen, package, 100_00, {world.lead.id: 50_00}, None)
    with pytest.raises(Invalid, match="left meanwhile"):
        budget.set_shares(ctx, seen, package, 1_00, {world.stranger.id: 1_00}, None)
    shares = {world.lead.id: 60_00, world.partner.id: 40_00, world.helper.id: 0}
    budget.set_shares(ctx, seen, package, 100_00, shares, 1)
    with pytest.raises(Conflict):
        budget.set_shares(ctx, seen, package, 100_00, shares, 1)
    budget.set_shares(ctx, seen, other, 30_00, {}, None)
    budget.set_total(ctx, seen, 150_00, None)
    read = budget.read(seen, queries.whole(seen.id).packages)
    assert (read.by_member, read.packages, read.open) == ([60_00, 40_00], 130_00, 20_00)
    assert [text[:30] for text in budget.differences(read)] == [
        "€20 of the budget is in no wor",
        "“Travel”: €30 has not been sha",
    ]
    with pytest.raises(NotAllowed):
        budget.set_total(world.partner.ctx, world.seen(world.partner), 1, None)


def test_the_lead_hands_over_what_a_member_that_left_carried(everywhere: World) -> None:
    world = everywhere
    package = world.package(lead=world.partner)
    item = world.item(package, "Draft", DUE, owner=world.partner)
    for_both = {world.partner.id: 70_00, world.helper.id: 30_00}
    budget.set_shares(world.lead.ctx, world.seen(), package, 100_00, for_both, None)
    before = world.seen(world.partner)
    workflow.move(world.partner.ctx, part(world.row, world.partner), "leave")
    telling.tell_left(world.ctx, world.row.id, world.partner.id)
    left = {"organisation": world.partner.id}
    told = Event(1, "consortium.left", "", world.row.id, left, world.ctx.clock.now())
    answers.event_happened(world.ctx, told)  # told twice, mailed once
    assert permissions.granted(world.partner.ctx, item, ["view", "do", "edit"]) == set()
    for deed in (
        lambda: items.remove(world.partner.ctx, before, item),
        lambda: service.change_package(world.partner.ctx, before, package, {}, None),
    ):
        with pytest.raises(NotFound):
            deed()
    waiting = [task for task in answers.task_list(world.lead.ctx) if "hand-over" in task.url]
    assert len(waiting) == 1 and waiting[0].url.endswith(f"/hand-over/{world.partner.id}")
    with pytest.raises(Invalid, match="no active member"):
        service.hand_over(
            world.lead.ctx, world.seen(), world.partner.id, world.stranger.organisation.public_id
        )
    target = world.helper.organisation.public_id
    assert service.hand_over(world.lead.ctx, world.seen(), world.partner.id, target) == 3
    assert Item.get_by_id(item.id).owner_id == world.helper.id
    assert Package.get_by_id(package.id).lead_id == world.helper.id
    assert [(row.organisation_id, row.cents) for row in Share.select()] == [
        (world.helper.id, 100_00)
    ]
    with pytest.raises(NotFound):
        service.hand_over(world.lead.ctx, world.seen(), world.partner.id, target)


def test_people_are_reminded_once_each_time_and_find_it_in_tasks_and_calendar(
    world: World, clock: FixedClock
) -> None:
    today = clock.now().date()
    package = world.package()
    item = world.item(package, "Draft", today + timedelta(days=8), owner=world.partner)
    world.item(package, "There", today + timedelta(days=30), owner=world.helper, kind="milestone")
    assert telling.remind(world.ctx) == 0 and answers.task_list(world.partner.ctx) == []
    sent = []
    for _day in range(24):
        clock.moment += timedelta(days=1)
        sent += [telling.remind(world.ctx), telling.remind(world.ctx)]
    assert sum(sent) == 5, "a week before, on the day, after a week and two; then the milestone"
    stage = Item.get_by_id(item.id).reminded
    assert stage == "late 2"
    (task,) = answers.task_list(world.partner.ctx)
    assert "Draft" in task.title and task.due_at.date().isoformat() == item.ends_on
    assert [one["title"] for one in answers.calendar_list(world.partner.ctx)] == [
        "Metal without borders: Draft",
        "Metal without borders: There",
    ]
    assert answers.calendar_list(world.stranger.ctx) == []
    service.switch(world.lead.ctx, world.seen(), False)
    assert answers.task_list(world.partner.ctx) == [] and telling.remind(world.ctx) == 0


def test_reports_say_what_was_done_is_late_and_who_carries_it(
    world: World, clock: FixedClock
) -> None:
    today = clock.now().date()
    package = world.package()
    done = world.item(package, "Done", today, owner=world.partner)
    world.item(package, "Late", today - timedelta(days=3), owner=world.partner)
    world.item(package, "Next", today + timedelta(days=4), owner=world.helper)
    workflow.move(world.partner.ctx, done, "finish")
    made = report.make(
        world.seen(), "own", today - timedelta(days=9), today, today + timedelta(days=1)
    )
    assert [[row.title for row in some] for _k, _t, some in made.lists] == [
        ["Done"], ["Late"], ["Next"],
    ]  # fmt: skip
    assert [(load.name, load.done, load.open, load.late) for load in made.loads] == [
        ("Partner Works", 1, 1, 1),
        ("Helping Hands", 0, 1, 0),
    ]
    assert report.summary(made) == "1 piece of work was done, 1 is late."
    service.set_reports(world.lead.ctx, world.seen(), "month")
    assert telling.tell_reports(world.ctx) == 0
    clock.moment += timedelta(days=32)
    assert [telling.tell_reports(world.ctx) for _again in range(2)] == [1, 0]


def test_what_was_removed_is_deleted_after_a_day_and_with_its_consortium(
    world: World, clock: FixedClock
) -> None:
    package = world.package()
    item = world.item(package, "Draft", DUE)
    items.remove(world.lead.ctx, world.seen(), item)
    service.clear(world.ctx)
    assert Item.select().count() == 1
    clock.moment += timedelta(days=2)
    service.clear(world.ctx)
    assert Item.select().count() == 0 and Package.select().count() == 1
    Consortium.delete().execute()
    service.clear(world.ctx)
    assert Package.select().count() == 0 and queries.plan(world.row.id) is None


def test_a_plan_that_is_off_or_closed_can_be_read_by_nobody_or_changed_by_nobody(
    world: World,
) -> None:
    package = world.package()
    seen = world.seen()
    service.switch(world.lead.ctx, seen, False)
    with pytest.raises(Conflict, match="switched off"):
        items.add(world.lead.ctx, seen, package, {})
    service.switch(world.lead.ctx, seen, True)
    workflow.move(world.lead.ctx, Consortium.get_by_id(world.row.id), "close", "It is over")
    with pytest.raises(NotAllowed):
        world.package("More")
    assert consortia.own(world.lead.ctx) == []
