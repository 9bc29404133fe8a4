"""Answers "nothing changed" before any work: for pages that depend on the catalogue alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import peewee
from flask import Flask, Request, Response, current_app, g, request
from flask import session as flask_session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from portal import __version__, db
from portal.logs import request_id
from portal.web.heartbeat import beat

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KEPT = 2_000


class Sessions(SecureCookieSessionInterface):
    """Flask's session, at no cost for those who bring none and are given none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open the session of a cookie."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save what was changed."""
        if session or session.modified:
            super().save_session(app, session, response)


class Unchanged:
    """Says "nothing changed" before Flask does anything, to those who ask again without cookies.

    It knows what this process answered lately: the same request has the same answer as long as
    catalogue, plugins and day are the same, which one statement tells. All else goes on to Flask.
    """

    def __init__(self, app: Flask) -> None:
        self._next = app.wsgi_app
        self._clock = lambda: app.extensions["portal"].clock
        self._known: dict[str, tuple[Any, Any, list[tuple[str, str]]]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if "HTTP_COOKIE" in environ or environ["REQUEST_METHOD"] != "GET":
            return self._next(environ, start_response)
        known = self._known.get(environ.get("HTTP_IF_NONE_MATCH", ""))
        if known and known[0] == self._key(environ) and known[1] == self._now():
            start_response("304 NOT MODIFIED", [*known[2], ("X-Request-ID", request_id.get())])
            return []
        return self._next(environ, self._noting(environ, start_response))

    def _key(self, environ: WSGIEnvironment) -> list[str | None]:
        return [environ.get(name) for name in _KEY]

    def _now(self) -> tuple[int, int, date] | None:
        try:
            db.database.connect(reuse_if_open=True)
            rows = db.query("SELECT plugin_generation, catalogue_seq FROM heartbeat WHERE id = 1")
        except peewee.PeeweeException:
            return None  # the way through Flask says what is wrong
        return (*rows[0], self._clock().now().date())

    def _noting(self, environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
        """Remember the mark of a good answer, with the headers that an answer without body has."""

        def note(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            state = environ.get(_STATE)
            if state and status.startswith("200"):
                lasting = [pair for pair in headers if pair[0] not in _OF_ONE_ANSWER]
                if len(self._known) >= KEPT:
                    self._known.clear()
                self._known[dict(headers).get("ETag", "")] = self._key(environ), state, lasting
            return start_response(status, headers, *more)

        return note


_STATE = "portal.state"
_KEY = (
    "wsgi.url_scheme", "HTTP_HOST", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ACCEPT_ENCODING",
)  # fmt: skip
_OF_ONE_ANSWER = {
    "Content-Type", "Content-Length", "Content-Language", "Content-Encoding", "Set-Cookie",
    "X-Request-ID",
}  # fmt: skip


def not_modified() -> Response | None:
    """Return a 304 when the visitor's copy is current; else None, and mark the coming answer.

    The mark covers address, language, catalogue, plugins, day and version. People who are
    signed in, or have a message waiting, always get a fresh page.
    """
    heartbeat = beat()
    if heartbeat.account_id is not None or "_flashes" in flask_session:
        return None
    state = heartbeat.plugin_generation, heartbeat.catalogue_seq, g.ctx.clock.now().date()
    looks = current_app.extensions["portal"].fingerprint
    seed = repr((request.full_path, g.locale, state, __version__, looks))
    tag = hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers={"ETag": f'W/"{tag}"'})
    g.entity_tag, request.environ[_STATE] = tag, state
    return None


def mark(response: Response) -> Response:
    """Put the mark on a good answer."""
    if "entity_tag" in g and response.status_code == 200:
        response.set_etag(g.entity_tag, weak=True)
    return response
