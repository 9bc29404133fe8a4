"""Answers "nothing changed" before any work: for pages that depend on the catalogue alone."""

from __future__ import annotations

import hashlib
from collections.abc import Container

from flask import Flask, Request, Response, current_app, g, request
from flask import session as flask_session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from portal import __version__
from portal.web.heartbeat import beat


class Sessions(SecureCookieSessionInterface):
    """Flask's session, at no cost for those who bring none and are given none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open the session of a cookie."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save what was changed."""
        if session.accessed or session.modified:
            super().save_session(app, session, response)


def not_modified() -> Response | None:
    """Return a 304 when the visitor's copy is current; else None, and mark the coming answer.

    The mark covers address, language, catalogue, plugins, day and version. People who are
    signed in, or have a message waiting, always get a fresh page.
    """
    heartbeat = beat()
    if heartbeat.account_id is not None or "_flashes" in _session():
        return None
    portal = current_app.extensions["portal"]
    seed = "|".join(
        (
            request.full_path,
            g.locale,
            str(heartbeat.catalogue_seq),
            str(heartbeat.plugin_generation),
            g.ctx.clock.now().date().isoformat(),
            __version__,
            portal.fingerprint,
        )
    )
    tag = hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers={"ETag": f'W/"{tag}"'})
    g.entity_tag = tag
    return None


def mark(response: Response) -> Response:
    """Put the mark on a good answer."""
    tag = g.get("entity_tag")
    if tag and response.status_code == 200:
        response.set_etag(tag, weak=True)
    return response


def _session() -> Container[str]:
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return ()
    return flask_session
