"""One handler makes pages and problem+json of every error; nothing typed is lost."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import peewee
from flask import Flask, g, json, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from portal.errors import PortalError
from portal.i18n import _
from portal.kernel import registry as kernel

log = logging.getLogger("portal.errors")

SECRET_FIELDS = ("password", "token", "secret", "csrf")


def init_app(app: Flask) -> None:
    """Answer every error of the app."""
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(CSRFError, csrf_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(peewee.OperationalError, _busy)
    app.register_error_handler(Exception, _unexpected)


def problem(
    status: int,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    kept: dict[str, str] | None = None,
    links: Sequence[tuple[str, str]] = (),
    **more: Any,
) -> ResponseReturnValue:
    """Answer with a page, or with problem+json (RFC 9457) where a program asked."""
    headers = dict(headers or {})
    if wants_json():
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        body |= {key: value for key, value in more.items() if value}
        headers["Content-Type"] = "application/problem+json"
        return json.dumps(body), status, headers
    headers["Content-Type"] = "text/html; charset=utf-8"
    values = {"status": status, "title": title, "detail": detail, "kept": kept or {}}
    values["links"] = links
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


def kept_text() -> dict[str, str]:
    """Return what was typed into the refused form, without secrets."""
    if request.method not in {"POST", "PUT", "PATCH"}:
        return {}
    try:
        typed = request.form.items()
    except HTTPException:
        return {}
    return {
        name: text[:20_000]
        for name, text in typed
        if text.strip() and not any(word in name.lower() for word in SECRET_FIELDS)
    }


def _portal_error(error: PortalError) -> ResponseReturnValue:
    headers = {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    detail = error.message or _explain(error.status)
    return problem(
        error.status,
        _title(error.status),
        detail,
        headers,
        kept_text(),
        code=error.code,
        field=error.field,
        texts=getattr(error, "texts", None),
        version=getattr(error, "version", None),
    )


def csrf_error(error: CSRFError) -> ResponseReturnValue:
    """Answer a form whose token is not good any more."""
    detail = _(
        "The page was open for too long, or your browser keeps no cookies. "
        "Nothing is lost: copy your text below, open the page again and send it once more."
    )
    return problem(400, _("Your form has expired"), detail, kept=kept_text(), code="csrf")


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Answer an error of HTTP."""
    status = error.code or 500
    headers = {}
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            headers[name] = value
    if error.response is not None:
        return error.response
    return problem(status, _title(status), _explain(status), headers, kept_text())


def _busy(error: peewee.OperationalError) -> ResponseReturnValue:
    log.error("The database did not answer: %s", error)
    detail = _("The database is busy. Nothing was saved; please try again in a moment.")
    return problem(503, _title(503), detail, {"Retry-After": "5"}, kept_text())


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.exception("Unexpected error at %s %s", request.method, request.url_rule, exc_info=error)
    return problem(500, _title(500), _explain(500), {}, kept_text(), request=g.get("request_id"))


def _title(status: int) -> str:
    titles = {
        400: _("That request can't be read"),
        401: _("Please sign in"),
        403: _("You may not do this"),
        404: _("There is nothing here"),
        405: _("This address does not work that way"),
        409: _("Somebody was faster"),
        413: _("That is too large"),
        415: _("That kind of file can't be read"),
        422: _("Something needs to be mended"),
        429: _("Too often"),
        500: _("Something broke on our side"),
        503: _("Not available right now"),
    }
    return titles.get(status, HTTPStatus(status).phrase)


def _explain(status: int) -> str:
    texts = {
        400: _("Check the address, or go back and try once more."),
        401: _("Sign in and come back to this page."),
        403: _("Ask somebody who runs this organisation or the portal."),
        404: _("The page was moved, removed, or is not for everyone to see."),
        405: _("Go back and use the button of the page you came from."),
        413: _("Send a smaller file or a shorter text."),
        415: _("Send it as one of the kinds of file named beside the field."),
        429: _("Wait a little and try again."),
        500: _("It has been noted. Nothing was half saved; please try again."),
        503: _("Please try again in a few minutes."),
    }
    return texts.get(status, _("Go back and try once more."))


def refuse_inactive(status: kernel.Status) -> ResponseReturnValue:
    """Answer for the address of a plugin that takes no part; administrators learn why."""
    is_out = status.state in kernel.OUT_OF_ORDER
    code, headers = (503, {"Retry-After": "120"}) if is_out else (404, {})
    detail, links = _explain(code), []
    if "ctx" in g and g.ctx.actor.is_admin:
        links = [(_("Add-ons"), "/setup/plugins")]
        detail = _("The add-on %(title)s takes no part: %(state)s.") % {
            "title": _(status.title),
            "state": f"{status.state}. {status.reason}".rstrip(". "),
        }
    return problem(
        code, _title(code), detail, headers, kept_text(), links=links, code="plugin_inactive"
    )
