"""What the closing plugin answers when consortia and the portal ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.closing import rules, service, views
from plugins.consortia.interface import Section, Seen
from portal.context import Context
from portal.hookspecs import JobKind, Progress, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Offer the page: in the menu of a consortium that is nearly over, else to its lead."""
    near = rules.is_near(consortium.state, consortium.ends_on, ctx.clock.now().date())
    address = f"/consortia/{consortium.slug}/closing"
    about = _("See what is open before you close, and keep an archive.")
    return [Section(_("Closing"), address, 90, about, is_on=near)]


def _forget(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.forget_due(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Take persons out of old records once a day."""
    return [JobKind("closing.forget", _forget, lazy("Take persons out of closed consortia"), DAY)]
