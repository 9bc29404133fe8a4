"""What drafts answer when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request, url_for

from plugins.drafts import service, views
from portal.context import Context
from portal.hookspecs import WaitingText, hookimpl


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def form_waiting(ctx: Context, key: str) -> WaitingText | None:
    """Offer the person's draft of the form."""
    found = service.waiting(ctx, key)
    if found is None:
        return None
    number = found.public_id
    return WaitingText(found.saved_at, number, url_for("drafts.discard", number=number))


@hookimpl
def form_fill(ctx: Context, number: str) -> Sequence[tuple[str, str]]:
    """Give back the fields of a draft."""
    return service.fields(ctx, number)


@hookimpl
def form_refused(ctx: Context) -> str:
    """Keep what was typed; the way to it leads over its own page."""
    draft = service.rescue(ctx)
    return url_for("drafts.resume", number=draft.public_id) if draft else ""


@hookimpl
def form_taken(ctx: Context, key: str, number: str) -> None:
    """Forget the draft."""
    if request.blueprint != "drafts":  # what is kept meanwhile is not sent yet
        service.forget(ctx, key, number)


@hookimpl
def upkeep_run(ctx: Context) -> None:
    """Delete drafts whose time is over."""
    service.expire(ctx)
