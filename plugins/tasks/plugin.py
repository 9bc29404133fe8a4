"""What the tasks plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.tasks import queries, service, telling, views
from portal import objects
from portal.context import Context
from portal.hookspecs import Event, EventType, JobKind, Progress, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

EVERY = 300
"""Seconds between two looks at what is late or due."""


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the page of tasks to everybody with an account."""
    return [(_("Tasks"), "tasks.task_list")]


def _remind(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.remind_late(ctx)


def _take_due(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.take_due(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Offer the two regular jobs."""
    return [
        JobKind("tasks.remind_late", _remind, lazy("Remind reviewers of what is late"), EVERY),
        JobKind("tasks.take_due", _take_due, lazy("Take steps whose day has come"), EVERY),
    ]


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name each step of each workflow as an event."""
    fields = {"source": "the state before", "seq": "number of the step in the object's history"}
    return [
        EventType(f"{kind.name}.{step.name}", f"{kind.title}: {step.title}", fields)
        for kind in objects.types().values()
        for step in getattr(objects.workflow_of(kind), "transitions", ())
    ]


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Tell reviewers what begins to wait for them."""
    telling.tell_waiting(ctx, event)


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told."""
    return telling.KINDS


@hookimpl(optionalhook=True)
def calendar_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Put what is promised for a day into the calendar of whoever it waits for."""
    return [
        {
            "uid": f"{task.url} {task.since}",
            "title": task.title,
            "start": task.due_at,
            "url": task.url,
        }
        for task in queries.tasks(ctx)
        if task.due_at
    ]
