"""The budget: shares of work packages among members, with totals that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE, Seen
from plugins.work import queries, rules
from plugins.work.models import Package, Plan, Share
from plugins.work.service import PLAN, hold, put
from portal import audit, db
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _, money
from portal.organisations.models import Organisation


@dataclass(frozen=True)
class Budget:
    """A plan's money: rows are packages with their shares, columns the members that have any."""

    total: int
    version: int
    members: list[Organisation]
    rows: list[tuple[Package, list[int], int]]
    by_member: list[int]
    packages: int

    @property
    def open(self) -> int:
        """What of the total is in no work package; negative when packages hold more."""
        return self.total - self.packages


def read(seen: Seen, packages: list[Package]) -> Budget:
    """Return the money of a plan with its sums."""
    plan: Any = queries.plan(seen.id) or Plan(consortium_id=seen.id)
    shares = queries.shares([package.id for package in packages])
    ids = {organisation for _package, organisation in shares}
    of: Any = Organisation
    members = list(of.select().where(of.id.in_(sorted(ids))).order_by(of.folded_name, of.id))
    rows = []
    for package in packages:
        amounts = [shares.get((package.id, member.id), 0) for member in members]
        rows.append((package, amounts, package.cents - sum(amounts)))
    by_member = [sum(amounts[at] for _p, amounts, _gap in rows) for at in range(len(members))]
    return Budget(
        plan.cents, plan.version, members, rows, by_member, sum(row.cents for row in packages)
    )


def differences(budget: Budget) -> list[str]:
    """Name what does not add up, each with what to do."""
    found = []
    if budget.total and budget.open > 0:
        found.append(
            _(
                "%(gap)s of the budget is in no work package yet. Raise a package or lower the budget.",
                gap=money(budget.open),
            )
        )
    if budget.total and budget.open < 0:
        found.append(
            _(
                "The work packages hold %(gap)s more than the budget. Lower one or raise the budget.",
                gap=money(-budget.open),
            )
        )
    for package, amounts, gap in budget.rows:
        if gap and any(amounts):
            found.append(
                _(
                    "“%(title)s”: its shares differ from its budget by %(gap)s. Open it and mend one.",
                    title=package.title,
                    gap=money(abs(gap)),
                )
            )
        elif gap:
            found.append(
                _(
                    "“%(title)s”: %(gap)s has not been shared out among members yet.",
                    title=package.title,
                    gap=money(gap),
                )
            )
    return found


def set_total(ctx: Context, seen: Seen, cents: int, version: int | None) -> None:
    """Say what the whole plan may cost. Raises NotAllowed, Conflict."""
    with db.transaction():
        now = hold(ctx, seen)
        row: Any = Plan.get(Plan.consortium_id == now.id)
        put(row, version, cents=cents)
        audit.record(ctx, "work.budget_set", PLAN, row.id, cents=cents)


def set_shares(
    ctx: Context,
    seen: Seen,
    package: Package,
    cents: int,
    shares: Mapping[int, int],
    version: int | None,
) -> None:
    """Share a package's budget out among active members, by their numbers; shares add up to it.

    Raises Invalid naming what is missing or too much, NotAllowed, Conflict.
    """
    kept = {number: amount for number, amount in shares.items() if amount}
    with db.transaction():
        now = hold(ctx, seen)
        active = {item.organisation_id for item in consortia.members(now, ACTIVE)}
        if not set(kept) <= active:
            raise Invalid(_("One of these members left meanwhile. Look at the shares again."))
        rules.check_shares(cents, kept.values())
        put(package, version, cents=cents)
        Share.delete().where(Share.package == package.id).execute()
        for number, amount in kept.items():
            Share.create(package=package.id, organisation=number, cents=amount)
        audit.record(ctx, "work.shares_set", "work_package", package.id, cents=cents)
