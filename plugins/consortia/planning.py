"""Places and dates of a consortium: plan, agree, carry out, give to another host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.consortia import rules, service, telling
from plugins.consortia.models import ACTIVE, Consortium, Day, Flow, Membership, Move
from portal import db, permissions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

MOST_DATES = 500


def set_places(
    ctx: Context,
    consortium: Consortium,
    sender: int,
    host: int,
    values: Mapping[str, Any],
    version: int | None = None,
) -> Flow:
    """Say how many places a member plans, has agreed and carried out at a host.

    Raises Invalid naming the field, Conflict when somebody changed them meanwhile.
    """
    numbers = rules.checked_places(values)
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        now = service.lock(consortium)
        known = _flow(now, sender, host)
        if known is None:
            _check_members(now, sender, host)
            known = Flow.create(
                public_id=new_public_id(), consortium=now.id, sender=sender, host=host, **numbers
            )
        else:
            if version is not None and version != known.version:
                raise Conflict(_("Somebody else changed these places meanwhile. Look at them."))
            service.put(known, **numbers, version=known.version + 1)
        service.did(ctx, now)
        telling.note(ctx, now.id, "places.set", host, sender=known.sender.name, **numbers)
        telling.record(ctx, "places.set", now.id, flow=known.id)
    return known


def _flow(consortium: Consortium, sender: int, host: int) -> Flow | None:
    found: Flow | None = Flow.get_or_none(
        Flow.consortium == consortium.id, Flow.sender == sender, Flow.host == host
    )
    return found


def _check_members(consortium: Consortium, sender: int, host: int) -> None:
    if sender == host:
        raise Invalid(_("Choose two different members."), field="host")
    of: Any = Membership
    rows = of.select(of.organisation).where(of.consortium == consortium.id, of.state == ACTIVE)
    known = {number for (number,) in rows.tuples()}
    for name, number in (("sender", sender), ("host", host)):
        if number not in known:
            raise Invalid(_("Choose an active member."), field=name)


def find_flow(consortium: Consortium, public_id: str) -> Flow:
    """Return places of a consortium. Raises NotFound."""
    found: Flow | None = Flow.get_or_none(
        Flow.consortium == consortium.id, Flow.public_id == public_id
    )
    if found is None:
        raise NotFound
    return found


def substitute(
    ctx: Context, consortium: Consortium, flow: Flow, target: int, places: int, reason: str
) -> None:
    """Give places that are not carried out yet to another host; both and the reason are kept.

    As many of them count as agreed no more: the other host has to agree anew.
    """
    text = rules.line(reason)[: rules.LINE_LENGTH]
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        now = service.lock(consortium)
        row = Flow.get_by_id(flow.id)
        if target == row.host_id:
            raise Invalid(_("These places are there already."), field="host")
        if not 1 <= places <= row.planned - row.done:
            raise Invalid(
                _(
                    "At most %(most)s of these places can still go elsewhere.",
                    most=max(row.planned - row.done, 0),
                ),
                field="places",
            )
        _check_members(now, row.sender_id, target)
        left = row.planned - places
        service.put(
            row, planned=left, agreed=max(row.done, min(row.agreed, left)), version=row.version + 1
        )
        other = _flow(now, row.sender_id, target)
        if other is None:
            Flow.create(
                public_id=new_public_id(),
                consortium=now.id,
                sender=row.sender_id,
                host=target,
                planned=places,
            )
        else:
            service.put(other, planned=other.planned + places, version=other.version + 1)
        Move.create(
            consortium=now.id,
            sender=row.sender_id,
            source=row.host_id,
            target=target,
            places=places,
            reason=text,
            at=ctx.clock.now(),
        )
        service.did(ctx, now)
        telling.note(ctx, now.id, "places.moved", target, places=places, former=row.host.name)
        telling.record(ctx, "places.moved", now.id, flow=row.id)


def moves(consortium: Consortium) -> list[Move]:
    """Return which places went to another host, the latest first."""
    sender, source, target = (Organisation.alias() for _n in range(3))
    rows: Any = Move.select(Move, sender, source, target)
    rows = rows.join_from(Move, sender, on=Move.sender, attr="sender")
    rows = rows.join_from(Move, source, on=Move.source, attr="source")
    rows = rows.join_from(Move, target, on=Move.target, attr="target")
    return list(rows.where(Move.consortium == consortium.id).order_by(Move.id.desc()).limit(100))


def add_day(ctx: Context, consortium: Consortium, values: Mapping[str, Any]) -> Day:
    """Add a date. Raises Invalid for one outside the consortium's days."""
    today = ctx.clock.now().date()
    kept = rules.checked_day(values, consortium.starts_on, consortium.ends_on, today)
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        service.lock(consortium)
        if Day.select().where(Day.consortium == consortium.id).count() >= MOST_DATES:
            raise Invalid(_("There are %(most)s dates already.", most=MOST_DATES), field="title")
        made: Day = Day.create(public_id=new_public_id(), consortium=consortium.id, **kept)
        service.did(ctx, consortium)
        telling.note(ctx, consortium.id, "date.added", title=made.title, day=made.starts_on)
    return made


def remove_day(ctx: Context, consortium: Consortium, public_id: str) -> Day:
    """Take a date away. Raises NotFound."""
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        found: Day | None = Day.get_or_none(
            Day.consortium == consortium.id, Day.public_id == public_id
        )
        if found is None:
            raise NotFound
        found.delete_instance()
        service.did(ctx, consortium)
        telling.note(ctx, consortium.id, "date.removed", title=found.title, day=found.starts_on)
    return found
