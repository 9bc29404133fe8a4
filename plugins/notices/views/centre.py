"""What one was told, how one wants to be told, and stopping mails without signing in."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from plugins.notices import queries, rules, service
from plugins.notices.rules import Kind
from plugins.notices.views.base import blueprint, number
from portal.errors import Invalid
from portal.i18n import Form, _
from portal.web.access import ANYONE, SIGNED_IN, allow
from portal.web.heartbeat import context


@blueprint.get("/account/notices")
@allow(SIGNED_IN, owner="own account")
def index() -> ResponseReturnValue:
    """List what one was told, newest first."""
    ctx = context()
    account_id = ctx.actor.account_id or 0
    before = number(request.args.get("before", ""))
    rows, following = queries.notices(account_id, before)
    known = queries.kinds(ctx)
    return render_template(
        "notices/index.html",
        rows=[
            (
                row,
                rules.words_of(row.title),
                rules.words_of(row.body),
                _title(known, row.kind),
                bool(row.url) and queries.leads_somewhere(row.url),
            )
            for row in rows
        ],
        unread=queries.waiting(account_id)[0],
        first_url=url_for(".index") if before else None,
        next_url=url_for(".index", before=following) if following else None,
    )


def _title(known: dict[str, Kind], name: str) -> str:
    return str(known[name].title) if name in known else ""


@blueprint.post("/account/notices/<int(max=2147483647):number>/open")
@allow(SIGNED_IN, owner="own account")
def open_notice(number: int) -> ResponseReturnValue:
    """Mark a notice as read and go where it leads."""
    path = service.open_notice(context(), number)
    return redirect(path if path and queries.leads_somewhere(path) else url_for(".index"), 303)


@blueprint.post("/account/notices/read")
@allow(SIGNED_IN, owner="own account")
def read_all() -> ResponseReturnValue:
    """Mark all notices as read."""
    service.mark_read(context())
    flash(_("All your notices are marked as read."))
    return redirect(url_for(".index"), 303)


@blueprint.route("/account/notices/settings", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="own account")
def settings() -> ResponseReturnValue:
    """Choose for each kind: a mail at once, in the daily mail, or none."""
    ctx = context()
    kinds = sorted(queries.kinds(ctx).values(), key=lambda kind: str(kind.title).casefold())
    free = [kind for kind in kinds if not kind.is_fixed]
    form = _form(free)(request.form, data=_chosen(free))
    if request.method == "POST":
        try:
            wanted = {
                kind.name: form[_field(kind)].data for kind in free if _field(kind) in request.form
            }
            service.choose(ctx, wanted)
        except Invalid as error:
            form[str(error.field).replace(".", "-")].errors = [error.message]
        else:
            flash(_("You are told as you chose."))
            return redirect(url_for(".settings"), 303)
    page = render_template(
        "notices/settings.html",
        form=form,
        fixed=[(kind.title, _hows()[kind.default]) for kind in kinds if kind.is_fixed],
    )
    return page, 422 if request.method == "POST" else 200


def _field(kind: Kind) -> str:
    return kind.name.replace(".", "-")


def _chosen(kinds: list[Kind]) -> dict[str, str]:
    made = queries.choices(context().actor.account_id or 0, kinds)
    return {_field(kind): made[kind.name] for kind in kinds}


def _form(kinds: list[Kind]) -> Any:
    choices = [SelectChoice(how, words) for how, words in _hows().items()]
    fields = {
        _field(kind): SelectField(str(kind.title), choices=choices, validate_choice=False)
        for kind in kinds
    }
    return type("ChoicesForm", (Form,), fields)


def _hows() -> dict[str, str]:
    return {
        rules.AT_ONCE: _("a mail at once"),
        rules.DAILY: _("in the daily mail"),
        rules.NONE: _("no mail"),
    }


@blueprint.route("/notices/stop/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever got the mail with the signed link", csrf=False)
def stop(token: str) -> ResponseReturnValue:
    """Stop mails of a kind by the link in each of them: asks first, unless a mail program asks."""
    ctx = context()
    _account_id, _kind, title = service.whose_stop(ctx, token)
    if request.method == "POST":
        service.stop(ctx, token)
    return render_template("notices/stop.html", title=title, is_done=request.method == "POST")


def _exempt(state: BlueprintSetupState) -> None:
    # A mail program sends no token (RFC 8058); the signed link shows that the mail was theirs.
    if "csrf" in state.app.extensions:
        state.app.extensions["csrf"].exempt(stop)


blueprint.record(_exempt)
