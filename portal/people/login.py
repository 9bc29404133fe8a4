"""Who is signed in, for Flask-Login, and who is turned away."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Request, Response, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from portal import db
from portal.config import Config
from portal.context import Actor
from portal.errors import NotAllowed
from portal.i18n import _
from portal.people import sessions, throttle
from portal.people.rules import SESSION_REFRESHED
from portal.web.access import ADMIN, ANYONE, REVIEWER, Row
from portal.web.errors import wants_json
from portal.web.heartbeat import Heartbeat, bearer, beat, cookie_name, forget

manager = LoginManager()


class SignedIn(UserMixin):
    """The account behind a session, as Flask-Login sees it."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self.heartbeat = heartbeat

    def get_id(self) -> str:
        """Return the account's number as text."""
        return str(self.heartbeat.account_id)

    @property
    def actor(self) -> Actor:
        """The actor that services know."""
        return self.heartbeat.actor


@manager.request_loader
def load(_request: Request) -> SignedIn | None:
    """Return who is signed in: the heartbeat has already asked."""
    heartbeat = beat()
    return None if heartbeat.account_id is None else SignedIn(heartbeat)


def init_app(app: Flask) -> None:
    """Let Flask-Login know who is signed in."""
    manager.init_app(app, add_context_processor=False)
    app.after_request(_keep)


def token() -> str:
    """Return the session token that the browser sent, empty without one."""
    return request.cookies.get(cookie_name(current_app), "")


def remember(response: Response, new_token: str) -> Response:
    """Hand the browser its session token."""
    config: Config = current_app.config["PORTAL"]
    return _set(response, new_token, config.session_days * 86_400)


def drop(response: Response) -> Response:
    """Take the session token back from the browser."""
    return _set(response, "", 0)


def _set(response: Response, value: str, seconds: int) -> Response:
    response.set_cookie(
        cookie_name(current_app),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    forget()
    return response


def _keep(response: Response) -> Response:
    """Let a session that is in use last longer; written at most once an hour."""
    heartbeat: Heartbeat | None = g.get("heartbeat")
    if heartbeat is None or heartbeat.account_id is None:
        return response
    clock = current_app.extensions["portal"].clock
    if clock.now() - db.parse_utc(heartbeat.seen_at) < SESSION_REFRESHED:
        return response
    config: Config = current_app.config["PORTAL"]
    if sessions.touch(g.ctx, token(), config.session_days):
        remember(response, token())
    return response


def take_token() -> None:
    """Let who sent a token to the API act; whatever is wrong with it, the answer is the same."""
    token = bearer()
    if token is None:
        return
    hooks = current_app.extensions["portal"].registry.hooks
    found = [actor for _plugin, actor in hooks.call("request_actor", g.ctx, token=token)]
    if len(found) != 1 or found[0] is False:  # a plugin that fails says no
        throttle.spend(g.ctx, throttle.WRONG_TOKEN, throttle.network(request.remote_addr))
        raise _unknown(error="invalid_token")
    g.ctx = g.ctx.as_actor(found[0])


def _unknown(**more: str | None) -> Unauthorized:
    return Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "portal", **more}))


def refuse(row: Row, actor: Actor) -> ResponseReturnValue | None:
    """Turn away those whom the access row does not name; people without a session may sign in."""
    scope = "read" if request.method in {"GET", "HEAD", "OPTIONS"} else "write"
    if actor.scopes is not None and scope not in actor.scopes:
        said = _("This takes a token with the scope %(scope)s.", scope=scope)
        raise NotAllowed(said, code=f"scope_{scope}")
    if row.actors == ANYONE:
        return None
    if not actor.signed_in:
        if wants_json() or request.method != "GET":
            raise _unknown()
        here = request.full_path.rstrip("?")
        return redirect(f"/account/sign-in?{urlencode({'next': here})}", 303)
    allowed = {ADMIN: actor.is_admin, REVIEWER: actor.is_reviewer}
    if not allowed.get(row.actors, True):
        raise Forbidden
    if row.fresh:
        sessions.check_further("proof_check", g.ctx)
    return None
