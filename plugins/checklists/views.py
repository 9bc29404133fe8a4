"""The page of an organisation's list of steps, and the files beside steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.checklists import rules, service
from plugins.checklists.editing import Editor
from plugins.mobilities.interface import seen
from portal import objects
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.organisations.service import check_editor
from portal.people import throttle
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("checklists", __name__)
WRITING = throttle.Limit("checklists-writing", 60, 3_600)
"""What one account may change and attach in an hour."""
EDITORS = "OrgEditor or OrgAdmin of the organisation, administrators; others get 404 or 403"
SIDES = "OrgEditor or OrgAdmin of a side, as the step says; others get 404 or 403"


def _own(slug: str) -> Organisation:
    found = organisations.own(g.ctx, slug)
    check_editor(g.ctx, found)
    return found


def _spend() -> None:
    throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))


@blueprint.route("/organisations/<slug>/steps", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=EDITORS)
def own_list(slug: str) -> ResponseReturnValue:
    """Change the list of steps with which an organisation's stays begin."""
    organisation = _own(slug)
    editor = Editor(service.versions(organisation.id), request.form or None)
    is_sent = request.method == "POST"
    if is_sent and editor.saved(lambda changes, shown: _save(organisation, changes, shown)):
        flash(_("Saved. Stays that you plan from now on begin with this list."))
        return redirect(f"/organisations/{slug}/steps", 303)
    return render_template(
        "checklists/list.html",
        organisation=organisation,
        before=_before(organisation.id),
        **editor.values(),
    ), (422 if is_sent else 200)


def _save(organisation: Organisation, changes: Mapping[str, Any], shown: int) -> None:
    _spend()
    service.save(g.ctx, organisation, changes, shown)


def _before(organisation_id: int) -> list[str]:
    hooks = objects.registry().hooks
    return list(hooks.each("checklists_before", g.ctx, organisation_id=organisation_id))


@blueprint.post("/organisations/<slug>/steps/usual")
@allow(SIGNED_IN, owner=EDITORS)
def usual_list(slug: str) -> ResponseReturnValue:
    """Go back to the usual list, as one more version."""
    organisation = _own(slug)
    last = service.newest(organisation.id)
    _save(organisation, rules.NOTHING, last.number if last else 0)
    flash(_("Stays that you plan from now on begin with the usual list."))
    return redirect(f"/organisations/{slug}/steps", 303)


@blueprint.post("/mobilities/<public_id>/steps/<key>/proofs")
@allow(SIGNED_IN, owner=SIDES)
def attach(public_id: str, key: str) -> ResponseReturnValue:
    """Attach a file to a step."""
    here = seen(g.ctx, public_id)
    sent = request.files.get("file")
    _spend()
    try:
        content = sent.read(rules.MOST_BYTES + 1) if sent else b""
        service.attach(g.ctx, here, key, sent.filename or "" if sent else "", content)
    except Invalid as error:
        values = {
            "here": here,
            "key": key,
            "title": here.steps.get(key, ""),
            "problem": error.message,
        }
        return render_template("checklists/attach.html", **values), 422
    flash(_("The file is attached. Whoever writes for a side of this stay can read it."))
    return redirect(f"/mobilities/{public_id}/steps#{key}", 303)


@blueprint.get("/mobilities/<public_id>/proofs/<proof_id>")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of a side; others get 404")
def download(public_id: str, proof_id: str) -> ResponseReturnValue:
    """Give a file to save."""
    row = service.proof(seen(g.ctx, public_id), proof_id)
    answer = Response(bytes(row.content), mimetype=row.kind)
    answer.headers.set("Content-Disposition", "attachment", filename=row.file_name)
    return answer


@blueprint.post("/mobilities/<public_id>/proofs/<proof_id>/remove")
@allow(SIGNED_IN, owner=SIDES)
def remove(public_id: str, proof_id: str) -> ResponseReturnValue:
    """Take a file away."""
    here = seen(g.ctx, public_id)
    row = service.proof(here, proof_id)
    service.take_away(g.ctx, here, row)
    flash(_("The file is taken away."))
    return redirect(f"/mobilities/{public_id}/steps#{row.step}", 303)
