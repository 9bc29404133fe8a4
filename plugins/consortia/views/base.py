"""The blueprint, and what several pages need."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template
from flask.typing import ResponseReturnValue

from plugins.consortia import labels, queries
from plugins.consortia.hookspecs import Section
from plugins.consortia.queries import Found
from portal import objects
from portal.errors import Invalid, NotAllowed
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people import throttle

blueprint = Blueprint("consortia", __name__)
WRITING = throttle.Limit("consortia-writing", 300, 3_600)
"""What one account may write about consortia in an hour."""
STRANGERS = "members of the consortium; others get 404"
LEADS = "OrgEditor or OrgAdmin of the lead; members get 403, others 404"


def find(slug: str, *wanted: str) -> Found:
    """Return a consortium for those who may see it (or have one of the permissions)."""
    return queries.find(g.ctx, slug, *wanted)


def led(slug: str) -> Found:
    """Return a consortium for those who lead it. Raises NotAllowed for members, NotFound."""
    spend()
    found = queries.find(g.ctx, slug, "inside", "run")
    if not found.may("run"):
        raise NotAllowed
    return found


def spend() -> None:
    """Count what an account writes. Raises TooMany."""
    throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))


def page(name: str, found: Found, tab: str, status: int = 200, **values: Any) -> Any:
    """Show a page of a consortium in its frame."""
    row = found.row
    return (
        render_template(
            name if "/" in name else f"consortia/{name}.html",
            row=row,
            found=found,
            tabs=tabs(found, tab),
            state=labels.state(row.state),
            **values,
        ),
        status,
    )


def tabs(found: Found, current: str) -> list[tuple[str, str, bool]]:
    """Return the tabs: three plain ones for members, the rest behind them."""
    base = f"/consortia/{found.row.slug}"
    if not found.may("inside", "run"):
        return []
    pages = [
        (10, _("Overview"), ""),
        (20, _("Members"), "/members"),
        (30, _("Places"), "/places"),
        (40, _("Dates"), "/dates"),
        (60, _("Health"), "/health"),
        (70, _("Programme rule"), "/rules"),
        (80, _("History"), "/history"),
    ]
    shown = [(order, text, f"{base}{path}") for order, text, path in pages]
    shown += [(item.order, item.title, item.address) for item in sections(found) if item.is_on]
    here = f"{base}/{current}".rstrip("/")
    return [(text, path, path == here) for _order, text, path in sorted(shown)]


def sections(found: Found) -> list[Section]:
    """Return what other plugins add for this consortium, switched on or not; nothing for strangers."""
    if not found.may("inside", "run"):
        return []
    hooks = objects.registry().hooks
    answers = list(hooks.each("consortia_sections", g.ctx, consortium=queries.seen(found)))
    return sorted(answers, key=lambda item: item.order)


def back(found: Found, name: str = "") -> ResponseReturnValue:
    """Lead on to a page of the consortium after something was done."""
    return redirect(f"/consortia/{found.row.slug}/{name}".rstrip("/"), 303)


def member_named(slug: str | None, field: str) -> Organisation:
    """Return the organisation of a choice among members. Raises Invalid."""
    found: Organisation | None = Organisation.get_or_none(Organisation.slug == (slug or ""))
    if found is None:
        raise Invalid(_("Choose an active member."), field=field)
    return found
