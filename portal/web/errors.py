"""One handler makes pages and problem+json of every error; nothing typed is lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import peewee
from flask import Flask, current_app, g, json, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, Unauthorized

from portal.errors import Conflict, PortalError
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.kernel import registry as kernel
from portal.web import unsent

log = logging.getLogger("portal.errors")

SECRET_FIELDS = ("password", "token", "secret", "csrf")
TITLES = {
    400: lazy("That request can't be read"),
    401: lazy("Please sign in"),
    403: lazy("You may not do this"),
    404: lazy("There is nothing here"),
    405: lazy("This address does not work that way"),
    409: lazy("Somebody was faster"),
    413: lazy("That is too large"),
    415: lazy("That kind of file can't be read"),
    422: lazy("Something needs to be mended"),
    429: lazy("Too often"),
    500: lazy("Something broke on our side"),
    503: lazy("Not available right now"),
}
REMEDIES = {
    400: lazy("Check the address, or go back and try once more."),
    401: lazy("Sign in and come back to this page."),
    403: lazy("Ask somebody who runs this organisation or the portal."),
    404: lazy("The page was moved, removed, or is not for everyone to see."),
    405: lazy("Go back and use the button of the page you came from."),
    413: lazy("Send a smaller file or a shorter text."),
    415: lazy("Send it as one of the kinds of file named beside the field."),
    429: lazy("Wait a little and try again."),
    500: lazy("It has been noted. Nothing was half saved; please try again."),
    503: lazy("Please try again in a few minutes."),
}


def init_app(app: Flask) -> None:
    """Answer every error of the app."""
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(Unauthorized, lambda error: _rescued(True) or _http_error(error))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(peewee.OperationalError, _busy)
    app.register_error_handler(Exception, _unexpected)


def problem(
    status: int,
    detail: str = "",
    title: str = "",
    headers: Mapping[str, str] | None = None,
    links: Sequence[tuple[str, str]] = (),
    **more: Any,
) -> ResponseReturnValue:
    """Answer with a page that gives back what was typed, or with problem+json (RFC 9457).

    Without them, title and detail are those of the status.
    """
    title = title or str(TITLES.get(status) or HTTPStatus(status).phrase)
    detail = detail or str(REMEDIES.get(status) or _("Go back and try once more."))
    if wants_json():
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        body |= {key: value for key, value in more.items() if value}
        headers = {**(headers or {}), "Content-Type": "application/problem+json"}
        return json.dumps(body), status, headers
    headers = {**(headers or {}), "Content-Type": "text/html; charset=utf-8"}
    values = {"status": status, "title": title, "detail": detail, "links": links}
    values |= {"kept": _kept_text(), "texts": more.get("texts")}
    try:
        return render_template("errors/error.html", **values), status, headers
    except Exception:  # the frame itself is broken, or the error came before there was a language
        log.exception("The error page could not be made")
        return render_template("errors/minimal.html", **values), status, headers


def wants_json() -> bool:
    """Whether the answer should be read by a program."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def _kept_text() -> dict[str, str]:
    """Return what was typed into the refused form, without secrets."""
    try:
        typed = request.form.items() if request.method in {"POST", "PUT", "PATCH"} else ()
    except HTTPException:
        return {}
    return {
        name: text[:20_000]
        for name, text in typed
        if text.strip() and not any(word in name.lower() for word in SECRET_FIELDS)
    }


def _rescued(with_sign_in: bool = False) -> ResponseReturnValue | None:
    """Lead to where what was typed is kept; None when nobody kept it."""
    address = unsent.kept() if request.method == "POST" and not wants_json() else ""
    if address and with_sign_in:
        address = f"/account/sign-in?{urlencode({'next': address})}"
    return redirect(address, 303) if address else None


def _portal_error(error: PortalError) -> ResponseReturnValue:
    wait = getattr(error, "retry_after", 0)
    return problem(
        error.status,
        error.message,
        headers={"Retry-After": str(wait)} if wait else {},
        code=error.code,
        field=error.field,
        texts=getattr(error, "texts", None),
        version=getattr(error, "version", None),
    )


def _conflict(error: Conflict) -> ResponseReturnValue:
    if error.forms and not wants_json():
        hooks = current_app.extensions["portal"].registry.hooks
        for _plugin, page in hooks.call("conflict_show", g.ctx, error=error):
            return page, error.status
    return _portal_error(error)


def _csrf_error(_error: CSRFError) -> ResponseReturnValue:
    detail = _(
        "The page was open for too long, or your browser keeps no cookies. "
        "Nothing is lost: copy your text below, open the page again and send it once more."
    )
    return _rescued() or problem(400, detail, _("Your form has expired"), code="csrf")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    hidden = {"Content-Type", "Content-Length"}
    headers = {name: value for name, value in error.get_headers() if name not in hidden}
    return problem(error.code or 500, headers=headers)


def _busy(error: peewee.OperationalError) -> ResponseReturnValue:
    log.error("The database did not answer: %s", error)
    detail = _("The database is busy. Nothing was saved; please try again in a moment.")
    return problem(503, detail, headers={"Retry-After": "5"})


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.exception("Unexpected error at %s %s", request.method, request.url_rule, exc_info=error)
    return problem(500, request=g.get("request_id"))


def refuse_inactive(status: kernel.Status) -> ResponseReturnValue:
    """Answer for the address of a plugin that takes no part; administrators learn why."""
    is_out = status.state in kernel.OUT_OF_ORDER
    detail, links = "", list[tuple[str, str]]()
    if "ctx" in g and g.ctx.actor.is_admin:
        state = f"{status.state}. {status.reason}".rstrip(". ")
        values = {"title": _(status.title), "state": state}
        detail = _("The add-on %(title)s takes no part: %(state)s.", **values)
        links = [(_("Add-ons"), "/setup/plugins")]
    headers = {"Retry-After": "120"} if is_out else {}
    return problem(503 if is_out else 404, detail, "", headers, links, code="plugin_inactive")
