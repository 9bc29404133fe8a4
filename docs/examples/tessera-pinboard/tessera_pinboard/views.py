"""Pages of the board."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import settings
from portal.errors import Invalid
from portal.i18n import _
from portal.web.access import ANYONE, SIGNED_IN, allow
from portal.web.heartbeat import context
from tessera_pinboard import labels, policy, queries, service
from tessera_pinboard.forms import NoticeForm

blueprint = Blueprint("pinboard", __name__, url_prefix="/pinboard")


@blueprint.get("/")
@allow(ANYONE)
def board() -> ResponseReturnValue:
    """Show what hangs on the board."""
    return render_template(
        "pinboard/board.html",
        notices=queries.on_the_board(context()),
        lead=settings.of(context(), "pinboard")["lead"],
        labels=labels,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@allow(SIGNED_IN)
def new() -> ResponseReturnValue:
    """Write a notice; what was typed stays where it can't be taken."""
    form = NoticeForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            values = {name: form[name].data or "" for name in ("kind", "title", "text", "town")}
            notice = service.pin(context(), **values)
        except Invalid as error:
            form[error.field or "text"].errors = [error.message]
        else:
            flash(_("Your notice hangs on the board."))
            return redirect(url_for(".detail", public_id=notice.public_id), 303)
    status = 422 if request.method == "POST" else 200
    return render_template("pinboard/new.html", form=form), status


@blueprint.get("/<public_id>")
@allow(ANYONE)
def detail(public_id: str) -> ResponseReturnValue:
    """Show one notice."""
    notice = queries.notice(context(), public_id)
    return render_template(
        "pinboard/notice.html",
        notice=notice,
        may_take_down=policy.may_take_down(context().actor, notice),
        labels=labels,
    )


@blueprint.post("/<public_id>/take-down")
@allow(SIGNED_IN, owner="whoever wrote it, and reviewers")
def take_down(public_id: str) -> ResponseReturnValue:
    """Take a notice down."""
    service.take_down(context(), queries.notice(context(), public_id))
    flash(_("The notice is gone."))
    return redirect(url_for(".board"), 303)
