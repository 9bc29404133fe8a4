"""Chooses the language of a request: `?lang=`, then the last choice, the account, the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlencode

from flask import Flask, Response, g, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from portal import settings
from portal.i18n import SOURCE, best_locale, own_name, set_locale
from portal.web.heartbeat import Heartbeat

COOKIE = "portal_language"
YEAR = 31_536_000


def choose(heartbeat: Heartbeat) -> str:
    """Return the language of this request and speak it from now on."""
    site = settings.of()
    code = _chosen(
        tuple(site["languages"]),
        site["default_language"],
        request.args.get("lang", ""),
        request.cookies.get(COOKIE, ""),
        heartbeat.locale,
        request.headers.get("Accept-Language", ""),
    )
    set_locale(code)
    return code


@lru_cache(maxsize=1024)
def _chosen(
    offered: tuple[str, ...], default: str, asked: str, kept: str, account: str, browser: str
) -> str:
    accepted = parse_accept_header(browser, LanguageAccept)
    return best_locale([asked, kept, account, *accepted.values()], offered) or default


def init_app(app: Flask) -> None:
    """Remember a language that was asked for."""
    app.after_request(_remember)


def _remember(response: Response) -> Response:
    here = (g.get("locale", SOURCE),)
    asked = best_locale([request.args["lang"]], here) if "lang" in request.args else None
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
    path, kept = "/", []
    if request.method == "GET":
        path = request.path
        kept = [pair for pair in request.args.items(multi=True) if pair[0] != "lang"]
    start = f"{path}?{urlencode([*kept, ('lang', '')])}"
    return [
        {
            "code": code,
            "name": own_name(code),
            "url": start + code,
            "current": code == g.get("locale", SOURCE),
        }
        for code in settings.of()["languages"]
    ]
