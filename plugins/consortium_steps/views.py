"""The page of a consortium's list of steps."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, request
from flask.typing import ResponseReturnValue

from plugins.checklists import interface as checklists
from plugins.consortia.interface import LEAD, LEADS, Seen, find, led, page
from plugins.consortium_steps import service
from portal.errors import Invalid
from portal.i18n import _, day
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("consortium_steps", __name__)
READERS = "members; its lead alone writes; others get 404"


@blueprint.route("/consortia/<slug>/steps", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=READERS)
def show(slug: str) -> ResponseReturnValue:
    """Show a consortium's list of steps to its members; its lead changes it."""
    here = led(g.ctx, slug) if request.method == "POST" else find(g.ctx, slug)
    versions = service.versions(here.id)
    last = versions[0] if versions else None
    changes = last.changes if last else checklists.NOTHING
    form = checklists.make(changes, last.number if last else 0, request.form or None)
    status = 200
    if request.method == "POST":
        status, shown = 422, checklists.shown_number(form.shown.data)
        service.check_newest(here, shown)
        try:
            if form.validate():
                key = checklists.next_key([row.changes for row in versions])
                wanted = checklists.changes_of(form, changes, key)
                service.save(g.ctx, here, wanted, shown)
                flash(_("Saved. Stays that members plan from now on begin with this list."))
                return redirect(_address(here), 303)
        except Invalid as error:
            mark(form, error)
    may_change = here.part == LEAD and here.state != "closed"
    rows = checklists.resolve({**changes, "hidden": []} if may_change else changes)
    return page(
        here,
        "consortium_steps/list.html",
        "steps",
        status,
        form=form,
        sections=checklists.sections(form, rows, changes["hidden"]),
        own={own["key"] for own in changes["own"]},
        version=last,
        is_own=bool(last) and dict(changes) != dict(checklists.NOTHING),
        since=day(last.created_at, "long") if last else "",
        may_change=may_change,
    )


@blueprint.post("/consortia/<slug>/steps/usual")
@allow(SIGNED_IN, owner=LEADS)
def usual(slug: str) -> ResponseReturnValue:
    """Go back to the usual list, as one more version."""
    here = led(g.ctx, slug)
    last = next(iter(service.versions(here.id)), None)
    service.save(g.ctx, here, checklists.NOTHING, last.number if last else 0)
    flash(_("The consortium has no list of its own any more."))
    return redirect(_address(here), 303)


def _address(here: Seen) -> str:
    return f"/consortia/{here.slug}/steps"
