"""Forms that were not sent: plugins that keep what was typed are asked and told here.

On a GET with `?draft=` and a number, `request.form` holds what was typed: a view that shows its form
from there shows it filled, without knowing of drafts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, current_app, g, request
from werkzeug.datastructures import ImmutableMultiDict

from portal.hookspecs import WaitingText

FORM, NUMBER = "_form", "_draft"
"""Fields of a form: its own name, and the number of the draft with which it was filled."""


def init_app(app: Flask) -> None:
    """Fill forms from what was kept; let it be forgotten when a form was taken."""
    app.before_request(_fill)
    app.after_request(_taken)


def waiting(key: str) -> WaitingText | None:
    """Return what was typed into the form that is shown, unless the form holds it already."""
    is_shown_anew = request.method == "GET" and not request.form  # _fill() found the draft
    return next(_answers("form_waiting", key=key), None) if is_shown_anew else None


def kept() -> str:
    """Let a form that can't be taken be kept; returns the path to it, empty when nobody kept it."""
    g.kept = next(filter(None, _answers("form_refused")), "")
    return str(g.kept)


def _fill() -> None:
    if request.method == "GET" and "draft" in request.args:
        fields = next(_answers("form_fill", number=request.args["draft"]), None)
        if fields:
            vars(request)["form"] = ImmutableMultiDict(fields)


def _taken(response: Response) -> Response:
    if request.method == "POST" and response.status_code < 400 and not g.get("kept"):
        named = {"key": request.form.get(FORM, ""), "number": request.form.get(NUMBER, "")}
        if any(named.values()):
            list(_answers("form_taken", **named))
    return response


def _answers(hook: str, **values: Any) -> Iterator[Any]:
    if "ctx" in g:  # a file is asked for without one
        hooks = current_app.extensions["portal"].registry.hooks
        yield from (answer for _plugin, answer in hooks.call(hook, g.ctx, **values))
