"""Forms that were not sent: plugins that keep what was typed are asked and told here.

On a GET with `?draft=` and a number, `request.form` holds what was typed: a view that shows its form
from there shows it filled, without knowing of drafts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import Unauthorized

from portal.hookspecs import WaitingText
from portal.web.errors import csrf_error, http_error, wants_json

FORM, NUMBER = "_form", "_draft"
"""Fields of a form: its own name, and the number of the draft with which it was filled."""


def init_app(app: Flask) -> None:
    """Fill forms from what was kept; let it be kept when a form can't be taken."""
    app.before_request(_fill)
    app.after_request(_taken)
    app.register_error_handler(CSRFError, lambda error: _kept() or csrf_error(error))
    app.register_error_handler(Unauthorized, lambda error: _kept(True) or http_error(error))


def waiting(key: str) -> WaitingText | None:
    """Return what was typed into the form that is shown, unless the form holds it already."""
    is_shown_anew = request.method == "GET" and not request.form  # _fill() found the draft
    return next(_answers("form_waiting", key=key), None) if is_shown_anew else None


def _fill() -> None:
    if request.method == "GET" and "draft" in request.args:
        fields = next(_answers("form_fill", number=request.args["draft"]), None)
        if fields:
            vars(request)["form"] = ImmutableMultiDict(fields)


def _taken(response: Response) -> Response:
    if request.method == "POST" and response.status_code < 400:
        named = {"key": request.form.get(FORM, ""), "number": request.form.get(NUMBER, "")}
        if any(named.values()):
            list(_answers("form_taken", **named))
    return response


def _kept(with_sign_in: bool = False) -> ResponseReturnValue | None:
    """Answer with the way to what was kept of a form; None when nobody kept it."""
    is_form = request.method == "POST" and not wants_json()
    address = next(filter(None, _answers("form_refused")), None) if is_form else None
    if address and with_sign_in:
        address = f"/account/sign-in?{urlencode({'next': address})}"
    return redirect(address, 303) if address else None


def _answers(hook: str, **values: Any) -> Iterator[Any]:
    if "ctx" in g:  # a file is asked for without one
        hooks = current_app.extensions["portal"].registry.hooks
        yield from (answer for _plugin, answer in hooks.call(hook, g.ctx, **values))
