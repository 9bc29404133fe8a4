"""Pages of drafts and of undo."""

from __future__ import annotations

import re

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from portal import db, drafts, undo
from portal.errors import Invalid
from portal.i18n import _
from portal.people.rules import own_path
from portal.web.access import ANYONE, SIGNED_IN, allow

blueprint = Blueprint("unsent", __name__)
_OLDER = re.compile(r"(?<=[?&])draft=\w*&?")
undo.register("portal.draft", lambda ctx, number: drafts.discard(ctx, number, is_over=False))


@blueprint.post(drafts.PAGES)
@allow(SIGNED_IN, owner="own draft")
def save() -> ResponseReturnValue:
    """Keep what was typed so far; the script of the page asks for it."""
    fields, key = drafts.typed(), request.form.get(drafts.FORM, "")
    if not fields or not key:
        raise Invalid(_("This can't be kept: it is too long, or asks for a password."))
    path = own_path(request.form.get("_path", ""))
    draft = drafts.save(g.ctx, key, path, fields)
    return {"id": draft.public_id, "saved_at": db.utc_text(draft.saved_at)}


@blueprint.get(f"{drafts.PAGES}/<number>")
@allow(ANYONE, owner="whoever wrote it; others get 404")
def resume(number: str) -> ResponseReturnValue:
    """Lead back to the form, filled; where it has no page of its own, show it here."""
    draft = drafts.find(g.ctx, number)
    path = _OLDER.sub("", draft.path).rstrip("?&")
    if not _is_page_of_a_form(path.partition("?")[0]):
        return render_template("unsent.html", draft=draft, path=path)
    flash(_("Here is what you wrote. Look it over, then send it."))
    return redirect(f"{path}{'&' if '?' in path else '?'}draft={number}", 303)


def _is_page_of_a_form(path: str) -> bool:
    """Whether one view shows the form and takes it: then it comes back filled."""
    addresses = current_app.url_map.bind("localhost")
    try:
        return bool(addresses.match(path, "GET")[0] == addresses.match(path, "POST")[0])
    except HTTPException:
        return False


@blueprint.post(f"{drafts.PAGES}/<number>/discard")
@allow(SIGNED_IN, owner="own draft")
def discard(number: str) -> ResponseReturnValue:
    """Put a draft away."""
    path = drafts.find(g.ctx, number).path
    drafts.discard(g.ctx, number)
    undo.offer(g.ctx, _("Your text is discarded."), "portal.draft", number=number)
    return redirect(_OLDER.sub("", path), 303)


@blueprint.post("/undo")
@allow(SIGNED_IN, owner="whoever removed it")
def take_back() -> ResponseReturnValue:
    """Bring back what was just removed."""
    undo.take(g.ctx, request.form.get("act", ""))
    flash(_("It is back as it was."))
    return redirect(own_path(request.form.get("next", "")), 303)
