"""What this plugin answers when the portal, consortia and round tables ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.consortia.interface import Section, Seen
from plugins.roundtable_consortia import demo, service, views
from portal.context import Context
from portal.hookspecs import Event, JobKind, Progress, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Put the round tables into a consortium's menu."""
    return [Section(_("Round tables"), f"/consortia/{consortium.slug}/round-tables", 47)]


@hookimpl(optionalhook=True)
def roundtables_hosts(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Offer the consortia that the actor leads."""
    return service.led(ctx)


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Let series go along when a consortium has another lead."""
    if event.name == "consortium.led":
        service.follow(ctx, [event.subject_id])


def _follow(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.follow(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Look once a day whether a consortium has another lead or name."""
    title = lazy("Let round tables follow their consortia")
    return [JobKind("roundtable_consortia.follow", _follow, title, DAY)]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Show a made-up consortium that invites."""
    demo.load(ctx)
