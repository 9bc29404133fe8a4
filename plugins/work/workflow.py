"""The way of a piece of work, and who may do what with it: the lead, who carries it, all members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plugins.consortia import interface as consortia
from plugins.work.models import DONE, DROPPED, PLANNED, RUNNING, Item, Need, Package
from portal.context import Actor, Context, system_context
from portal.hookspecs import ObjectType, RoleSource, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

ITEM = "work_item"
MEMBER, OWNER, MANAGER = "work_member", "work_owner", "work_manager"
OPEN = (PLANNED, RUNNING)


def _needed(_ctx: Context, obj: Item) -> list[str]:
    """What it needs comes first."""
    of: Any = Item
    rows = of.select(of.title).join(Need, on=Need.needs == of.id)
    open_ones = rows.where(Need.item == obj.id, of.state.in_(OPEN), of.removed_at.is_null())
    return [
        _("“%(title)s” has to be finished first. Or say that it is not needed.", title=title)
        for (title,) in open_ones.order_by(of.ends_on, of.id).tuples()
    ]


_SEEN = {"view": {MEMBER}, "history": {MEMBER}}
_DO = {"do": {OWNER, MANAGER}}
_OPEN = _SEEN | _DO | {"edit": {MANAGER}}
FLOW = Workflow(
    ITEM,
    lazy("Work of consortia"),
    PLANNED,
    (
        State(PLANNED, lazy("planned"), _OPEN),
        State(RUNNING, lazy("under way"), _OPEN, tag="act"),
        State(DONE, lazy("done"), _SEEN | _DO, final=True, tag="ok"),
        State(DROPPED, lazy("dropped"), _SEEN | _DO, final=True),
    ),
    (
        Transition("begin", lazy("Begin"), {PLANNED}, RUNNING, "do"),
        Transition("finish", lazy("It is done"), set(OPEN), DONE, "do", guards=("needed",)),
        Transition("drop", lazy("Drop it"), set(OPEN), DROPPED, "do", comment_required=True),
        Transition("reopen", lazy("Open it again"), {DONE, DROPPED}, RUNNING, "do"),
    ),
    {"needed": _needed},
)


def _url(row: Item) -> str:
    """Return the address of a piece of work; that of all consortia if its own is gone."""
    number = row.package.consortium_id
    seen = consortia.of_ids(system_context(), [number]).get(number)
    return f"/consortia/{seen.slug}/plan/items/{row.public_id}" if seen else "/consortia"


TYPE = ObjectType(
    ITEM,
    lazy("Piece of work"),
    Item,
    label=lambda row: str(row.title),
    url=_url,
    workflow=ITEM,
)


def sources(ctx: Context) -> Sequence[RoleSource]:
    """Let members see the work, those who carry it do it, and those who lead plan it."""
    return [
        RoleSource(MEMBER, _ids(ctx, _inside)),
        RoleSource(OWNER, _ids(ctx, _owned)),
        RoleSource(MANAGER, _ids(ctx, _managed)),
    ]


def _ids(ctx: Context, condition: Callable[[Context], Any]) -> Callable[[Actor], Any]:
    def ids(actor: Actor) -> Any:
        of: Any = Item
        rows = of.select(of.id).join(Package).where(of.removed_at.is_null())
        return rows.where(condition(ctx.as_actor(actor)))

    return ids


def _inside(ctx: Context) -> Any:
    of: Any = Package
    return of.consortium_id.in_([seen.id for seen in consortia.own(ctx)])


def _by(ctx: Context, column: Any) -> Any:
    """Return the condition that a column names an active member for which the actor writes."""
    of: Any = Package
    found = of.consortium_id.in_([])
    for organisation, ids in consortia.writes_for(ctx).items():
        found |= (column == organisation) & of.consortium_id.in_(ids)
    return found


def _owned(ctx: Context) -> Any:
    of: Any = Item
    return _by(ctx, of.owner)


def _managed(ctx: Context) -> Any:
    of: Any = Package
    led = [seen.id for seen in consortia.own(ctx) if seen.part == consortia.LEAD]
    return of.consortium_id.in_(led) | _by(ctx, of.lead)
