"""The blueprint, and what several pages need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request
from flask.typing import ResponseReturnValue

from plugins.calendars.interface import Moment
from plugins.consortia.interface import LEAD, LEADS, STRANGERS, Seen, find, page
from plugins.meetings import archive, queries, rules, service
from plugins.meetings.forms import DEFAULT_ZONE
from portal.errors import NotAllowed
from portal.i18n import _, day
from portal.people import throttle
from portal.web.access import SIGNED_IN, allow

__all__ = [
    "LEADS",
    "STRANGERS",
    "back",
    "blueprint",
    "inside",
    "leading",
    "sheet",
    "shown",
    "zone_of",
]  # fmt: skip

blueprint = Blueprint("meetings", __name__)
WRITING = throttle.Limit("meetings-writing", 300, 3_600)
"""What one account may write about meetings in an hour."""
SECTION = "any(meetings, decisions, announcements):section"


def inside(slug: str, section: str) -> Seen:
    """Return a consortium for its members, where the section is on; the lead sees it off too.

    Counts what an account writes. Raises NotFound, TooMany.
    """
    found = find(g.ctx, slug)
    if request.method == "POST":
        throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))
    if found.part != LEAD and section not in queries.switched_on(found):
        raise queries.missing()
    return found


def leading(slug: str, section: str) -> Seen:
    """Return a consortium for those who lead it. Raises NotAllowed for members, NotFound."""
    found = inside(slug, section)
    if found.part != LEAD:
        raise NotAllowed
    return found


def shown(
    found: Seen, template: str, section: str, status: int = 200, **values: Any
) -> ResponseReturnValue:
    """Show a page of a section in the consortium's frame."""
    is_on = section in queries.switched_on(found)
    values |= {"is_on": is_on, "may_lead": found.part == LEAD, "section": section}
    values |= {"written": _written, "on_day": _on_day, "base": f"/consortia/{found.slug}"}
    return page(found, f"meetings/{template}.html", section, status, **values)


def _written(at: Any, zone: str) -> str:
    return str(Moment(at, zone))


def _on_day(text: str) -> str:
    return day(date.fromisoformat(text), "medium")


def back(found: Seen, path: str = "") -> ResponseReturnValue:
    """Lead on to a page of the consortium after something was done."""
    return redirect(f"/consortia/{found.slug}/{path}", 303)


def zone_of(found: Seen) -> str:
    """Return the time zone that was used last."""
    last = queries.meetings(found)[:1]
    return last[0].zone if last else DEFAULT_ZONE


def sheet(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table as a CSV file; what a spreadsheet would take for a formula is disarmed."""
    answer = Response(archive.sheet(heads, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


@blueprint.post(f"/consortia/<slug>/menu/<{SECTION}>")
@allow(SIGNED_IN, owner=LEADS)
def switch(slug: str, section: str) -> ResponseReturnValue:
    """Show a section in the menu, or no more."""
    found = leading(slug, section)
    is_on = request.form.get("on") == "1"
    service.switch(g.ctx, found, section, is_on)
    if is_on:
        flash(_("Members see this page now."))
    else:
        flash(_("Members don't see this page any more. Nothing in it is lost."))
    return back(found, section if section in rules.SECTIONS else "")
