"""What waits for whom: reviews, who has taken them, reminders, steps with a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal import db, objects, workflow
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.mail import Outbox
from portal.people.models import Account
from tests.factories import make_account, make_member
from tests.portal.conftest import Desk
from tests.portal.test_permissions import Waits, join


def plugin(desk: Desk) -> Any:
    """The plugin's modules as this portal has loaded them."""
    return desk.app.extensions["portal"].registry.modules["tasks"]


def waiting(desk: Desk, ctx: Context) -> list[str]:
    return [task.url for task in plugin(desk).views.queries.tasks(ctx)]


def test_review_waits_for_those_who_may_decide_it(desk: Desk) -> None:
    sheet = desk.sheet("pending", title="About Bonn")
    desk.sheet()
    reviewer = desk.person("Reviewer")
    (task,) = plugin(desk).views.queries.tasks(reviewer)
    assert (task.title, task.url, task.kind) == (
        "About Bonn",
        f"/papers/{sheet.public_id}",
        "Paper",
    )
    assert task.since == desk.ctx.clock.now()
    assert task.due_at == datetime(2026, 11, 27, 12, tzinfo=UTC)  # five working days
    assert waiting(desk, desk.person("SiteAdmin")) == [task.url]
    assert waiting(desk, desk.person()) == waiting(desk, desk.acting(desk.admin)) == []


def test_review_does_not_wait_for_those_who_are_bound(desk: Desk) -> None:
    author, member = (make_account(desk.app, role="Reviewer") for _number in range(2))
    make_member(desk.school, member, "OrgMember")
    desk.sheet("pending", author=author)
    assert waiting(desk, desk.acting(author)) == waiting(desk, desk.acting(member)) == []


def test_decided_review_waits_no_longer_and_again_after_the_next_round(desk: Desk) -> None:
    sheet, reviewer = desk.sheet("pending"), desk.person("Reviewer")
    workflow.move(reviewer, sheet, "send_back", "No title.")
    assert waiting(desk, reviewer) == []
    workflow.move(desk.acting(desk.admin), sheet, "submit")
    assert len(waiting(desk, reviewer)) == 1


def test_what_is_promised_first_stands_first(desk: Desk) -> None:
    desk.sheet("pending", title="late")
    late = desk.sheet("pending", title="early")
    early = desk.ctx.clock.now() - timedelta(days=30)
    with db.transaction():
        workflow.ReviewTask.update(due_at=early).where(
            workflow.ReviewTask.object_id == late.id
        ).execute()
    titles = [task.title for task in plugin(desk).views.queries.tasks(desk.person("Reviewer"))]
    assert titles == ["early", "late"]


def test_any_number_of_reviews_costs_two_statements(desk: Desk) -> None:
    reviewer = desk.person("Reviewer")
    for _number in range(7):
        desk.sheet("pending")
    with db.count_statements() as asked:
        assert len(waiting(desk, reviewer)) == 7
    assert len(asked) <= 2


def test_plugins_add_what_waits(desk: Desk) -> None:
    own = [workflow.Task("Sign it", "/sign", desk.ctx.clock.now())]
    join(desk, Waits(lambda: own))
    desk.app.extensions["portal"].registry.hooks.activate(["sheet", "tasks", "other"])
    assert waiting(desk, desk.person()) == ["/sign"]


def test_review_is_taken_by_one_and_given_back(desk: Desk) -> None:
    sheet, first, second = desk.sheet("pending"), desk.person("Reviewer"), desk.person("Reviewer")
    take = plugin(desk).service.take
    take(first, sheet)
    with pytest.raises(Conflict):
        take(second, sheet)
    with pytest.raises(Conflict):
        take(second, sheet, False)
    (task,) = plugin(desk).views.queries.tasks(second)
    assert (task.taken_by, task.is_mine) == (first.actor.name, False)
    take(first, sheet, False)
    take(second, sheet)


def test_stranger_takes_nothing(desk: Desk) -> None:
    for ctx in (desk.person(), desk.acting(desk.admin)):
        with pytest.raises(NotFound):
            plugin(desk).service.take(ctx, desk.sheet("pending"))


def reminded(desk: Desk) -> list[str]:
    plugin(desk).service.remind_late(desk.ctx)
    return [row.recipient for row in Outbox.select().where(Outbox.kind == "tasks/late")]


def test_reviewers_are_reminded_once_of_what_is_late(desk: Desk) -> None:
    reviewer, bound = (make_account(desk.app, role="Reviewer") for _number in range(2))
    make_account(desk.app)
    desk.sheet("pending", title="About Bonn", author=bound)
    assert reminded(desk) == []
    desk.ctx.clock.moment += timedelta(days=8)
    assert reminded(desk) == [reviewer.email]
    assert "About Bonn" in Outbox.get().text
    assert reminded(desk) == [reviewer.email]


def test_only_who_has_taken_it_is_reminded(desk: Desk) -> None:
    first = make_account(desk.app, role="Reviewer")
    make_account(desk.app, role="Reviewer")
    sheet = desk.sheet("pending")
    plugin(desk).service.take(desk.acting(first), sheet)
    desk.ctx.clock.moment += timedelta(days=8)
    assert reminded(desk) == [first.email]


def test_others_are_reminded_when_who_took_it_left(desk: Desk) -> None:
    first, second = (make_account(desk.app, role="Reviewer") for _number in range(2))
    sheet = desk.sheet("pending")
    plugin(desk).service.take(desk.acting(first), sheet)
    Account.update(disabled_at=desk.ctx.clock.now()).where(Account.id == first.id).execute()
    desk.ctx.clock.moment += timedelta(days=8)
    assert reminded(desk) == [second.email]


def test_late_reviews_of_nobody_are_told_to_the_reviewer_who_comes(desk: Desk) -> None:
    desk.sheet("pending")
    desk.ctx.clock.moment += timedelta(days=8)
    assert reminded(desk) == []
    reviewer = make_account(desk.app, role="Reviewer")
    assert reminded(desk) == [reviewer.email]


def test_step_with_a_date_is_taken_when_it_has_come(desk: Desk) -> None:
    now = desk.ctx.clock.now()
    today, later, never = (
        desk.sheet("published", ends_at=end) for end in (now, now + timedelta(days=1), None)
    )
    draft = desk.sheet(ends_at=now)
    assert plugin(desk).service.take_due(desk.ctx) == 1
    states = [objects.load("sheet_sheet", sheet.id).state for sheet in (today, later, never, draft)]
    assert states == ["closed", "published", "published", "draft"]
    assert workflow.history(today)[-1].role == "system"


def test_refused_step_with_a_date_holds_up_no_other(desk: Desk) -> None:
    now = desk.ctx.clock.now()
    first, second = (desk.sheet("published", ends_at=now) for _number in range(2))
    type(first).update(title="refused").where(type(first).id == first.id).execute()
    assert plugin(desk).service.take_due(desk.ctx) == 1
    assert objects.load("sheet_sheet", second.id).state == "closed"


def test_steps_are_events(desk: Desk) -> None:
    names = {kind.name for kind in plugin(desk).event_list(desk.ctx)}
    assert "sheet_sheet.publish" in names
