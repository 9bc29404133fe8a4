"""What the round tables plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from flask import Blueprint

from plugins.roundtables import (
    after,
    calendars,
    demo,
    drawing,
    first_steps,
    queries,
    service,
    telling,
    views,
)
from plugins.roundtables.models import CLOSED, DISCARDED, DRAFT, Series
from plugins.roundtables.workflow import FLOW, SERIES, TYPES
from portal import undo, workflow
from portal.context import Context
from portal.hookspecs import (
    EventType,
    JobKind,
    MenuItem,
    ObjectType,
    Task,
    Transition,
    Workflow,
    hookimpl,
)
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

QUARTER, DAY = 900, 86_400


def _restore(ctx: Context, series: int) -> None:
    row = Series.get_by_id(series)
    if row.state == DISCARDED:
        workflow.move(ctx, row, "restore")


undo.register("roundtables.restore", _restore)


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages: those of everybody and hosts, and those that leave no copy behind."""
    return [views.blueprint, views.own]


@hookimpl
def menu_list(ctx: Context) -> Sequence[MenuItem]:
    """Offer the round tables."""
    return [MenuItem(lazy("Round tables"), "roundtables.index", 50)]


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the way of a series."""
    return [FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the series."""
    return TYPES


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what happens to series."""
    return service.EVENTS


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a step of a series."""
    if obj_type.name == SERIES:
        service.carry_out(ctx, obj, transition, entry)
        if transition.target == CLOSED:
            after.closed(ctx, obj)


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer to those who write for an organisation to plan round tables."""
    own = [item for item in queries.own_organisations(ctx) if item.id == organisation_id]
    return (
        [(_("Plan round tables"), f"/round-tables/new?organisation={own[0].slug}")] if own else []
    )


@hookimpl
def organisation_removed(ctx: Context, ids: Sequence[int]) -> None:
    """Delete what was written with the steps of series that go along."""
    rows: Any = Series.select(Series.id).where(Series.organisation.in_(list(ids)))
    workflow.forget_comments(SERIES, [number for (number,) in rows.tuples()])


def _regular(work: Callable[[Context], None]) -> Any:
    return lambda ctx, _payload, _progress: work(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Try allocations out; end offers and remind; delete what is no longer needed."""
    return [
        JobKind(drawing.TRY, drawing.run_try, lazy("Try an allocation of places out"), attempts=2),
        JobKind(
            "roundtables.look_after",
            _regular(after.look_after),
            lazy("End offers of places that nobody answered, and remind"),
            QUARTER,
        ),
        JobKind(
            "roundtables.forget",
            _regular(after.forget),
            lazy("Delete names of old round tables"),
            DAY,
        ),
    ]  # fmt: skip


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer what waits for a host: places to allocate, objections to answer."""
    rows = [row for row in queries.mine(ctx) if row.state not in (DRAFT, DISCARDED)]
    own = {item.id for item in queries.own_organisations(ctx)}
    mine = {row.id: row for row in rows if row.organisation_id in own}
    found = [
        Task(
            _("Allocate the places of %(title)s", title=row.title),
            f"/round-tables/{row.slug}/allocation", row.freezes_at, kind=_("Round tables"),
        )
        for row in mine.values() if row.state == CLOSED
    ]  # fmt: skip
    for item in queries.waiting_objections(list(mine)):
        row = mine[item.interest.series_id]
        title = _("Answer an objection: %(title)s", title=row.title)
        url = f"/round-tables/{row.slug}/objections"
        found.append(Task(title, url, item.created_at, item.due_at, _("Round tables")))
    return found


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what hosts are told."""
    return telling.KINDS


@hookimpl(optionalhook=True)
def calendar_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Offer the actor's own accepted places to their calendar; never the joining link."""
    return [
        {
            "uid": f"round-table {place.public_id}",
            "title": place.table.topic,
            "start": place.table.starts_at,
            "end": place.table.ends_at,
            "url": f"/round-tables/{place.table.series.slug}",
        }
        for place in queries.own_places(ctx)
    ]  # fmt: skip


@hookimpl
def mail_sending(ctx: Context, mail: Any, message: EmailMessage) -> None:
    """Put the calendar object of a place into its mail."""
    if mail.kind == "roundtables/letter":
        calendars.attach(ctx, mail, message)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with series and with people of one of them."""
    return {
        "roundtables_series.organisation_id": {"title": lazy("Series of round tables")},
        "roundtables_interest.organisation_id": {"title": lazy("People at round tables")},
    }


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Show a closed series with many people, and one that is open."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def first_step_list(ctx: Context, aim: str) -> Sequence[Mapping[str, Any]]:
    """Offer the step to a place at a table."""
    return first_steps.steps(ctx, aim)
