"""What a lead does with a work plan: switch it on, plan packages, hand over what somebody left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from peewee import fn

from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE, CLOSED, LEAD, Seen
from plugins.work import queries, rules
from plugins.work.models import Item, Need, Package, Plan, Share
from plugins.work.workflow import ITEM, OPEN
from portal import audit, db, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

PLAN, PACKAGE = "work_plan", "work_package"
KEPT = timedelta(days=1)
"""So long what was removed stays, in case somebody wants it back."""


def manages(ctx: Context, seen: Seen, package: Package | None) -> bool:
    """Whether the actor may change what a work package holds: the lead, or who leads the package."""
    if seen.part == LEAD:
        return True
    if package is None or seen.state == CLOSED:
        return False
    return seen.id in consortia.writes_for(ctx).get(package.lead_id or 0, ())


def hold(ctx: Context, seen: Seen, package: Package | None = None) -> Seen:
    """Let others who change this plan wait; raises NotFound and NotAllowed as the pages do.

    Without a package only the lead may. Raises Conflict while the plan is switched off.
    """
    now = consortia.lock(ctx, seen, "inside")
    if not manages(ctx, now, package):
        raise NotAllowed
    if not queries.is_on(now.id):
        raise Conflict(_("The work plan was switched off meanwhile."))
    return now


def member(seen: Seen, public_id: str, field: str) -> Organisation:
    """Return the organisation of a choice among active members. Raises Invalid."""
    for item in consortia.members(seen, ACTIVE):
        if item.organisation.public_id == public_id:
            return item.organisation
    raise Invalid(_("This organisation is no active member. Choose another one."), field=field)


def put(row: Any, version: int | None, **values: Any) -> None:
    """Store columns of a row if nobody did meanwhile. Raises Conflict."""
    of: Any = type(row)
    here = of.id == row.id
    if version is not None:
        here &= of.version == version
    if not of.update(version=of.version + 1, **values).where(here).execute():
        message = _("Somebody else saved this while you were writing. Nothing of yours is lost.")
        raise Conflict(message, version=of.get_by_id(row.id).version)


def switch(ctx: Context, seen: Seen, is_on: bool) -> Plan:
    """Use the work plan, or hide it; nothing that was planned is lost."""
    with db.transaction():
        now = consortia.lock(ctx, seen)
        made, is_new = Plan.get_or_create(consortium_id=now.id, defaults={"is_on": is_on})
        if not is_new and bool(made.is_on) is not is_on:
            put(made, None, is_on=is_on)
        elif not is_new:
            return made  # type: ignore[no-any-return]
        told = lazy("The work plan was switched on") if is_on else None
        consortia.note(ctx, now, told or lazy("The work plan was switched off"))
        audit.record(ctx, "work.switched", PLAN, made.id, on=is_on)
    return Plan.get_by_id(made.id)  # type: ignore[no-any-return]


def set_reports(ctx: Context, seen: Seen, every: str) -> None:
    """Tell members each month or quarter that a new report is there; never with nothing."""
    if every not in {"", "month", "quarter"}:
        raise Invalid(_("Choose from the list."), field="every")
    with db.transaction():
        now = hold(ctx, seen)
        today = ctx.clock.now().date()
        last = rules.period(every or "month", today)[0] - timedelta(days=1)
        row: Any = Plan.get(Plan.consortium_id == now.id)
        put(row, None, every=every, reported_on=last.isoformat())


# Work packages


def add_package(ctx: Context, seen: Seen, values: Mapping[str, Any]) -> Package:
    """Add a work package. Raises Invalid naming the field, NotAllowed, NotFound."""
    with db.transaction():
        now = hold(ctx, seen)
        kept = _checked(now, values)
        of: Any = Package
        here = of.select(fn.COUNT(of.id), fn.MAX(of.number)).where(of.consortium_id == now.id)
        count, most = here.tuples().first()
        if count >= rules.MOST_PACKAGES:
            told = _("There are %(most)s work packages already.", most=rules.MOST_PACKAGES)
            raise Invalid(told, field="title")
        made: Package = of.create(
            public_id=new_public_id(), consortium_id=now.id, number=(most or 0) + 1, **kept
        )
        consortia.note(ctx, now, lazy("Work package added: %(title)s", title=made.title))
        audit.record(ctx, "work.package_added", PACKAGE, made.id)
    return made


def _checked(seen: Seen, values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = rules.texts(values, "aim")
    found |= rules.within(values, [(seen.name, seen.starts_on, seen.ends_on)])
    found["lead"] = member(seen, values["lead"], "lead").id
    return found


def change_package(
    ctx: Context, seen: Seen, package: Package, values: Mapping[str, Any], version: int | None
) -> Package:
    """Change a work package; the lead alone says who leads it. Raises as adding, and Conflict."""
    with db.transaction():
        now = hold(ctx, seen, package)
        kept = _checked(now, values)
        if now.part != LEAD and kept["lead"] != package.lead_id:
            raise Invalid(_("Only the lead of the consortium changes this."), field="lead")
        _check_inside(package, kept)
        put(package, version, **kept)
        audit.record(ctx, "work.package_changed", PACKAGE, package.id)
    return Package.get_by_id(package.id)  # type: ignore[no-any-return]


def _check_inside(package: Package, days: Mapping[str, str]) -> None:
    """What a package holds stays within its days."""
    of: Any = Item
    for item in of.select().where(of.package == package.id, of.removed_at.is_null()):
        for field, is_wrong in (
            (
                "starts_on",
                days["starts_on"] and (item.starts_on or item.ends_on) < days["starts_on"],
            ),
            ("ends_on", days["ends_on"] and item.ends_on > days["ends_on"]),
        ):
            if is_wrong:
                told = _(
                    "“%(title)s” lies outside these days: %(first)s to %(last)s. Move it first, or "
                    "choose other days.",
                    title=item.title,
                    first=rules.shown(item.starts_on or item.ends_on),
                    last=rules.shown(item.ends_on),
                )
                raise Invalid(told, field=field)


def remove_package(ctx: Context, seen: Seen, package: Package) -> None:
    """Take a work package away, with what it holds; for a day it can be brought back."""
    with db.transaction():
        now = hold(ctx, seen)
        moment = ctx.clock.now()
        put(package, None, removed_at=moment)
        of: Any = Item
        of.update(removed_at=moment).where(
            of.package == package.id, of.removed_at.is_null()
        ).execute()
        consortia.note(ctx, now, lazy("Work package removed: %(title)s", title=package.title))
        audit.record(ctx, "work.package_removed", PACKAGE, package.id)


def restore_package(ctx: Context, consortium: str, public_id: str) -> None:
    """Bring a work package back, with what went with it; needs that no longer fit stay away."""
    seen = consortia.find(ctx, consortium)
    with db.transaction():
        now = hold(ctx, seen)
        package = queries.package(now.id, public_id, removed=True)
        of: Any = Item
        with_it = (of.package == package.id) & (of.removed_at == package.removed_at)
        ids = [number for (number,) in of.select(of.id).where(with_it).tuples()]
        put(package, None, removed_at=None)
        of.update(removed_at=None).where(of.id.in_(ids)).execute()
        mend_needs(now.id, ids)
        consortia.note(ctx, now, lazy("Work package brought back: %(title)s", title=package.title))
        audit.record(ctx, "work.package_restored", PACKAGE, package.id)


def mend_needs(consortium_id: int, returned: list[int]) -> None:
    """Keep of the needs of items that came back those that close no circle and whose days hold."""
    everything = queries.whole(consortium_id)
    spans = queries.spans(everything.all)
    back = set(returned)
    kept = {
        item: {new for new in wanted if item not in back and new not in back}
        for item, wanted in everything.needs.items()
    }
    for item, wanted in sorted(everything.needs.items()):
        for new in sorted(wanted):
            if item not in back and new not in back:
                continue
            try:
                rules.check_need(spans, kept, item, new)
            except Invalid:
                Need.delete().where(Need.item == item, Need.needs == new).execute()
            else:
                kept.setdefault(item, set()).add(new)


# Members that left


def hand_over(ctx: Context, seen: Seen, former: int, target: str) -> int:
    """Give all that a former member still carries to an active one; returns how many pieces.

    Open work, the lead of work packages and shares of budgets go together, so that totals hold.
    `former` is 0 for what nobody carries. Raises Invalid, and NotFound where nothing is left over.
    """
    with db.transaction():
        now = hold(ctx, seen)
        active = {item.organisation_id for item in consortia.members(now, ACTIVE)}
        if former in active or former not in queries.orphans(now.id, active):
            raise NotFound
        organisation = member(now, target, "member")
        of: Any = Package
        packages = of.select(of.id).where(of.consortium_id == now.id, of.removed_at.is_null())
        item: Any = Item
        owner = item.owner == former if former else item.owner.is_null()
        lead = of.lead == former if former else of.lead.is_null()
        count = (
            item.update(owner=organisation.id, reminded="", version=item.version + 1)
            .where(item.package.in_(packages), item.removed_at.is_null())
            .where(item.state.in_(OPEN), owner)
            .execute()
        )
        count += (
            of.update(lead=organisation.id, version=of.version + 1)
            .where(of.consortium_id == now.id, of.removed_at.is_null(), lead)
            .execute()
        )
        rows: Any = Share.select().where(Share.package.in_(packages), Share.organisation == former)
        for share in rows:
            _add_share(share.package_id, organisation.id, share.cents)
            share.delete_instance()
            count += 1
        audit.record(ctx, "work.handed_over", PLAN, now.id, former=former, to=organisation.id)
        told = lazy("Work was handed over to %(name)s", name=organisation.name)
        consortia.note(ctx, now, told)
    return int(count)


def _add_share(package_id: int, organisation_id: int, cents: int) -> None:
    of: Any = Share
    here = (of.package == package_id, of.organisation == organisation_id)
    if not of.update(cents=of.cents + cents).where(*here).execute():
        of.create(package=package_id, organisation=organisation_id, cents=cents)


def clear(ctx: Context) -> None:
    """Delete for good what was removed a day ago, and plans of consortia that are gone."""
    before = ctx.clock.now() - KEPT
    with db.transaction():
        for model in (Package, Item):
            of: Any = model
            old = of.removed_at.is_null(False) & (of.removed_at < before)
            ids = [number for (number,) in of.select(of.id).where(old).tuples()]
            if of is Package:
                rows: Any = Item.select(Item.id).where(Item.package.in_(ids)).tuples()
                workflow.forget_comments(ITEM, [number for (number,) in rows])
            else:
                workflow.forget_comments(ITEM, ids)
            of.delete().where(of.id.in_(ids)).execute()
        plans: Any = Plan.select(Plan.consortium_id)
        known = {number for (number,) in plans.tuples()}
        gone = known - set(consortia.of_ids(ctx, known))
        for table in (Package, Plan):
            of = table
            of.delete().where(of.consortium_id.in_(sorted(gone))).execute()


def outside(seen: Seen, everything: queries.Whole) -> list[tuple[str, str]]:
    """Name what lies outside the consortium's days, because those changed later: title, days."""
    found = []
    rows: list[Any] = [*everything.packages, *everything.all]
    for row in rows:
        first, last = row.starts_on or row.ends_on, row.ends_on or row.starts_on
        early = seen.starts_on and first and first < seen.starts_on
        if early or (seen.ends_on and last and last > seen.ends_on):
            found.append((row.title, f"{rules.shown(first)} – {rules.shown(last)}"))
    return found
