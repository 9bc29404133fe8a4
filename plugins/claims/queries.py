"""What pages ask about cases, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import JOIN, fn

from plugins.claims.models import ABUSE, CLAIM, LOOKALIKE, OPEN, Case
from plugins.claims.workflow import NAME
from portal import objects, permissions, workflow
from portal.context import Context
from portal.errors import NotFound
from portal.organisations.models import Organisation
from portal.people.models import Account
from portal.workflow import ReviewTask

MOST_LISTED = 200


def open_cases() -> Sequence[Case]:
    """Return the cases nobody has decided, due first; `review.taken_by` is who looks after one."""
    row, task = Case, ReviewTask
    here = (task.object_type == NAME) & (task.object_id == row.id)
    rows = (
        row.select(row, Organisation, task, Account)
        .join(Organisation, JOIN.LEFT_OUTER, on=row.organisation)
        .join_from(row, task, JOIN.LEFT_OUTER, on=here, attr="review")
        .join(Account, JOIN.LEFT_OUTER, on=task.taken_by)
        .where(row.state == OPEN)
    )
    return list(rows.order_by(row.due_at, row.id).limit(MOST_LISTED))


def decided_cases() -> Sequence[Case]:
    """Return the cases that were decided, the last ones first."""
    row = Case
    rows = row.select(row, Organisation).join(Organisation, JOIN.LEFT_OUTER, on=row.organisation)
    return list(
        rows.where(row.state != OPEN)
        .order_by(row.decided_at.desc(), row.id.desc())
        .limit(MOST_LISTED)
    )


def holder(case: Case) -> Account | None:
    """Return who looks after a case that waits, None while nobody does."""
    task: Any = ReviewTask.get_or_none(
        (ReviewTask.object_type == NAME) & (ReviewTask.object_id == case.id)
    )
    return task.taken_by if task else None


def decidable(ctx: Context, cases: Sequence[Case]) -> set[int]:
    """Return those of the cases that the actor may decide: who has no link to them."""
    row, kind = Case, objects.types()[NAME]
    ids = [case.id for case in cases]
    found: Any = row.select(row.id).where(
        row.id.in_(ids),
        row.state == OPEN,
        permissions.visible(ctx, row, "review"),
        workflow.four_eyes(ctx, kind),
    )
    return {number for (number,) in found.tuples()}


def count_open() -> int:
    """Return how many cases wait for a decision."""
    return int(Case.select().where(Case.state == OPEN).count())


def counts() -> list[tuple[str, str, int]]:
    """Return how many cases there are of each kind in each state."""
    row = Case
    found: Any = row.select(row.kind, row.state, fn.COUNT(row.id)).group_by(row.kind, row.state)
    return sorted(found.tuples())


def case(public_id: str) -> Case:
    """Return a case with its organisation. Raises NotFound."""
    found = Case.get_or_none(Case.public_id == public_id)
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]


def appeal_of(case: Case) -> Case | None:
    """Return the appeal against a decision, if there is one."""
    found: Case | None = Case.get_or_none(Case.parent == case.id)
    return found


def rivals(case: Case) -> list[Case]:
    """Return other claims of the same organisation, waiting or decided, oldest first."""
    if case.kind != CLAIM:
        return []
    row = Case
    same = (row.organisation == case.organisation_id, row.kind == CLAIM, row.id != case.id)
    return list(row.select().where(*same).order_by(row.id).limit(MOST_LISTED))


def about(organisation_id: int) -> list[Case]:
    """Return what its own people should know: names looked at, decisions about them; newest first."""
    row = Case
    seen = (row.kind == LOOKALIKE) | ((row.kind == ABUSE) & (row.measure != ""))
    found = row.select().where(row.organisation == organisation_id, seen)
    return list(found.order_by(row.id.desc()).limit(5))


def asked_about(ids: Sequence[int]) -> set[int]:
    """Return those of the organisations about which there is a case, decided or not."""
    found: Any = Case.select(Case.organisation).where(Case.organisation.in_(ids)).distinct()
    return {number for (number,) in found.tuples()}
