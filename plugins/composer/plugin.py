"""What the composer answers when consortia and the portal ask."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from plugins.composer import demo, growing, labels, views, wishing
from plugins.consortia.interface import Section, Seen
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _
from portal.web.heartbeat import beat


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Offer whom to ask in the menu; to the lead of a cooperation of two what it could grow into."""
    base = f"/consortia/{consortium.slug}"
    found = [Section(_("Whom to ask"), f"{base}/partners", 50)]
    if growing.offer(ctx, consortium) is not None:
        about = _("Your cooperations in these fields would make a network, in one step.")
        found.append(Section(_("Grow into a network"), f"{base}/grow", 95, about, is_on=False))
    return found


@hookimpl(optionalhook=True)
def consortia_wishes(ctx: Context, consortium: Seen) -> Sequence[tuple[str, Sequence[int]]]:
    """Say what a consortium looks for, and which members cover it."""
    rows = wishing.covered(consortium, beat().catalogue_seq)
    return [(labels.need_text(need), found) for need, found in rows]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Let the made-up consortium look for somebody."""
    demo.load(ctx)
