"""Pages of drafts."""

from __future__ import annotations

import re

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from plugins.drafts import service
from portal import db, undo
from portal.errors import Invalid
from portal.i18n import _
from portal.people.rules import own_path
from portal.web.access import ANYONE, SIGNED_IN, allow

blueprint = Blueprint("drafts", __name__, url_prefix="/drafts")
_OLDER = re.compile(r"(?<=[?&])draft=\w*&?")
undo.register("drafts.draft", lambda ctx, number: service.discard(ctx, number, is_over=False))


@blueprint.post("")
@allow(SIGNED_IN, owner="own draft")
def save() -> ResponseReturnValue:
    """Keep what was typed so far; the script of the page asks for it."""
    fields, key = service.typed(), request.form.get("_form", "")
    if not fields or not key:
        raise Invalid(_("This can't be kept: it is too long, or asks for a password."))
    path = own_path(request.form.get("_path", ""))
    draft = service.save(g.ctx, key, path, fields)
    return {"id": draft.public_id, "saved_at": db.utc_text(draft.saved_at)}


@blueprint.get("/<number>")
@allow(ANYONE, owner="whoever wrote it; others get 404")
def resume(number: str) -> ResponseReturnValue:
    """Lead back to the form, filled; where it has no page of its own, show it here."""
    draft = service.find(g.ctx, number)
    path = _OLDER.sub("", draft.path).rstrip("?&")
    if not _is_page_of_a_form(path.partition("?")[0]):
        return render_template("drafts/unsent.html", draft=draft, path=path)
    flash(_("Here is what you wrote. Look it over, then send it."))
    return redirect(f"{path}{'&' if '?' in path else '?'}draft={number}", 303)


def _is_page_of_a_form(path: str) -> bool:
    """Whether one view shows the form and takes it: then it comes back filled."""
    addresses = current_app.url_map.bind("localhost")
    try:
        return bool(addresses.match(path, "GET")[0] == addresses.match(path, "POST")[0])
    except HTTPException:
        return False


@blueprint.post("/<number>/discard")
@allow(SIGNED_IN, owner="own draft")
def discard(number: str) -> ResponseReturnValue:
    """Put a draft away."""
    path = service.find(g.ctx, number).path
    service.discard(g.ctx, number)
    undo.offer(g.ctx, _("Your text is discarded."), "drafts.draft", number=number)
    return redirect(_OLDER.sub("", path), 303)
