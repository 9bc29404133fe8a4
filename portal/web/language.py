"""Chooses the language of a request: `?lang=`, then the last choice, the account, the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from flask import Flask, Response, g, request

from portal.i18n import SHIPPED, SOURCE, best_locale, own_name, set_locale
from portal.web.heartbeat import Heartbeat

COOKIE = "portal_language"
YEAR = 31_536_000


def choose(heartbeat: Heartbeat) -> str:
    """Return the language of this request and speak it from now on."""
    code = (
        best_locale([request.args.get("lang", "")])
        or best_locale([request.cookies.get(COOKIE, "")])
        or best_locale([heartbeat.locale])
        or best_locale([tag for tag, _quality in request.accept_languages])
        or SOURCE
    )
    set_locale(code)
    return code


def init_app(app: Flask) -> None:
    """Remember a language that was asked for."""
    app.after_request(_remember)


def _remember(response: Response) -> Response:
    asked = best_locale([request.args.get("lang", "")])
    if asked and request.cookies.get(COOKIE) != asked and response.status_code < 400:
        response.set_cookie(
            COOKIE, asked, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure
        )
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = g.get("locale", SOURCE)
        response.vary.update(["Accept-Language", "Cookie"])
    return response


def switch() -> Sequence[Mapping[str, object]]:
    """Return the entries of the language switch: this page in every language."""
    current = g.get("locale", SOURCE)
    kept = (
        [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
        if request.method == "GET"
        else []
    )
    path = request.path if request.method == "GET" else "/"
    return [
        {
            "code": code,
            "name": own_name(code),
            "url": f"{path}?{urlencode([*kept, ('lang', code)])}",
            "current": code == current,
        }
        for code in SHIPPED
    ]
