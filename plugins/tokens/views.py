"""Pages of one's own tokens."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.tokens import labels, queries, rules, service
from plugins.tokens.forms import TokenForm
from plugins.tokens.models import Token
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.people.forms import mark
from portal.people.views import keep_nothing
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("tokens", __name__, url_prefix="/account/tokens")
blueprint.after_request(keep_nothing)


@blueprint.get("")
@allow(SIGNED_IN, owner="own tokens")
def index() -> ResponseReturnValue:
    """List the own tokens, and offer to make one."""
    return _page(TokenForm(organisations.mine(context()), request.form))


@blueprint.post("")
@allow(SIGNED_IN, owner="own tokens", rate="tokens", fresh=True)
def make() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    ctx = context()
    form = TokenForm(organisations.mine(ctx), request.form)
    if not form.validate():
        return _page(form, status=422)
    try:
        token, shown = service.make_token(ctx, **form.data)
    except Invalid as error:
        mark(form, error)
        return _page(form, status=422)
    except Conflict as error:
        form.form_errors = [error.message]
        return _page(form, status=409)
    return _page(TokenForm(organisations.mine(ctx)), token, shown)


def _page(
    form: TokenForm, made: Token | None = None, shown: str = "", status: int = 200
) -> ResponseReturnValue:
    ctx = context()
    tokens = queries.own(ctx)
    page = render_template(
        "tokens/index.html",
        form=form,
        made=made,
        shown=shown,
        good=[token for token in tokens if token.expires_at > ctx.clock.now()],
        ended=[token for token in tokens if token.expires_at <= ctx.clock.now()],
        labels=labels,
        most=rules.MOST_TOKENS,
    )
    return page, status


@blueprint.route("/<public_id>/revoke", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="own token; others get 404")
def revoke(public_id: str) -> ResponseReturnValue:
    """Ask whether to end a token, and end it."""
    ctx = context()
    token = queries.own_good(ctx, public_id)
    if request.method == "GET":
        return render_template("tokens/revoke.html", token=token, labels=labels)
    service.revoke(ctx, public_id)
    flash(_("The token %(name)s is revoked: it opens nothing any more.", name=token.name))
    return redirect(url_for(".index"), 303)
