"""The page of a consortium's list of steps."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, flash, g, redirect, request
from flask.typing import ResponseReturnValue

from plugins.checklists.interface import NOTHING, Editor
from plugins.consortia.interface import LEAD, LEADS, Seen, find, led, page
from plugins.consortium_steps import service
from portal.i18n import _
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("consortium_steps", __name__)
READERS = "members; its lead alone writes; others get 404"


@blueprint.route("/consortia/<slug>/steps", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=READERS)
def show(slug: str) -> ResponseReturnValue:
    """Show a consortium's list of steps to its members; its lead changes it."""
    here = led(g.ctx, slug) if request.method == "POST" else find(g.ctx, slug)
    editor = Editor(service.versions(here.id), request.form or None)
    is_sent = request.method == "POST"
    if is_sent and editor.saved(partial(service.save, g.ctx, here)):
        flash(_("Saved. Stays that members plan from now on begin with this list."))
        return redirect(_address(here), 303)
    may_change = here.part == LEAD and here.state != "closed"
    return page(
        here,
        "consortium_steps/list.html",
        "steps",
        422 if is_sent else 200,
        is_own=dict(editor.changes) != dict(NOTHING),
        may_change=may_change,
        **editor.values(may_change),
    )


@blueprint.post("/consortia/<slug>/steps/usual")
@allow(SIGNED_IN, owner=LEADS)
def usual(slug: str) -> ResponseReturnValue:
    """Go back to the usual list, as one more version."""
    here = led(g.ctx, slug)
    last = next(iter(service.versions(here.id)), None)
    service.save(g.ctx, here, NOTHING, last.number if last else 0)
    flash(_("The consortium has no list of its own any more."))
    return redirect(_address(here), 303)


def _address(here: Seen) -> str:
    return f"/consortia/{here.slug}/steps"
