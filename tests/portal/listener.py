"""The entry of a plugin `ear` that hears of everything; written into a throw-away plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.context import Context
from portal.hookspecs import Event, EventType, JobKind, Progress, hookimpl

seen: list[Any] = []
failing: list[int] = []


def count(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Count sheep."""
    seen.append(payload["n"])


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Note what happened, or fail."""
    if failing:
        raise OSError("away")
    seen.append((event.name, event.subject_id, event.payload, event.account_id))


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Declare an event."""
    return [EventType("sheep.shorn", "A sheep was shorn", {"wool": "kilograms"})]


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Offer a kind of job."""
    return [JobKind("ear.count_sheep", count, "Count sheep")]
