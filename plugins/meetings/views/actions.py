"""What members have to do: the list, ticking off."""

from __future__ import annotations

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import CLOSED
from plugins.meetings import archive, forms, queries, service
from plugins.meetings.views.base import (
    STRANGERS,
    back,
    blueprint,
    inside,
    leading,
    sheet,
    shown,
)
from portal import undo
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.route("/consortia/<slug>/actions", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=f"{STRANGERS}; only the lead adds some")
def actions(slug: str) -> ResponseReturnValue:
    """Show what is to be done, and what is done; the lead adds to it."""
    found = (leading if request.method == "POST" else inside)(slug, "meetings")
    members = queries.members(found)
    form = forms.ActionForm(request.form or None, members=members)
    if request.method == "POST" and form.validate():
        try:
            service.add_action(g.ctx, found, None, form.values())
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("It is noted, and the organisation is told."))
            return back(found, "actions")
    own = {item.id for item in queries.own_members(g.ctx, members)}
    return shown(
        found,
        "actions",
        "meetings",
        422 if request.method == "POST" else 200,
        rows=queries.actions(found),
        own=own,
        form=form,
        today=g.ctx.clock.now().date().isoformat(),
        is_closed=found.state == CLOSED,
    )


@blueprint.get("/consortia/<slug>/actions.csv")
@allow(SIGNED_IN, owner=STRANGERS)
def actions_csv(slug: str) -> ResponseReturnValue:
    """Give what is to be done as a sheet."""
    found = inside(slug, "meetings")
    return sheet(f"actions-{found.slug}", archive.ACTIONS, archive.actions(found))


@blueprint.post("/consortia/<slug>/actions/<public_id>/done")
@allow(SIGNED_IN, owner="those who write for its organisation, or lead; others get 404 or 403")
def finish(slug: str, public_id: str) -> ResponseReturnValue:
    """Tick something off."""
    found = inside(slug, "meetings")
    row = queries.action(found, public_id)
    service.finish_action(g.ctx, found, row, True)
    sentence = _("Done: %(title)s", title=row.title)
    undo.offer(g.ctx, sentence, "meetings.reopen", slug=found.slug, action=row.public_id)
    return back(found, "actions")


def reopen(ctx: Context, slug: str, action: str) -> None:
    """Take the tick back."""
    found = inside(slug, "meetings")
    service.finish_action(ctx, found, queries.action(found, action), False)


undo.register("meetings.reopen", reopen)
