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
DEEPER, MOST_ADDED = 50, 2
"""From which order on pages lie in the menu; how many of those before stand in sight."""
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
    first, behind = tabs(found, tab)
    return (
        render_template(
            name if "/" in name else f"consortia/{name}.html",
            row=row,
            found=found,
            tabs=first,
            behind=behind,
            state=labels.state(row.state),
            **values,
        ),
        status,
    )


def tabs(found: Found, current: str) -> tuple[list[tuple[str, str, bool]], list[tuple[str, str]]]:
    """Return the tabs of a consortium, and what lies in the menu behind them; none for strangers.

    Four plain ones are always in sight, then the first that were switched on, and the page that is
    open.
    """
    base = f"/consortia/{found.row.slug}"
    if not found.may("inside", "run"):
        return [], []
    plain = [(_("Overview"), ""), (_("Members"), "/members"), (_("Places"), "/places"),
             (_("Dates"), "/dates")]  # fmt: skip
    added = [item for item in sections(found) if item.is_on]
    early = [(item.title, item.address) for item in added if item.order < DEEPER]
    later = [(70, _("Programme rule"), f"{base}/rules"), (80, _("History"), f"{base}/history")]
    later += [(item.order, item.title, item.address) for item in added if item.order >= DEEPER]
    rest = early[MOST_ADDED:] + [(text, path) for _order, text, path in sorted(later)]
    here = f"{base}/{current}".rstrip("/")
    shown = [(text, f"{base}{path}") for text, path in plain] + early[:MOST_ADDED]
    shown += [item for item in rest if item[1] == here]
    return [(*item, item[1] == here) for item in shown], [item for item in rest if item[1] != here]


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
