"""The blueprints: pages of accounts, and of second steps."""

from __future__ import annotations

from flask import Blueprint

from portal.people.views import keep_nothing

account = Blueprint("signin", __name__, url_prefix="/account")
account.after_request(keep_nothing)

step = Blueprint("signin_step", __name__, url_prefix="/account")
step.after_request(keep_nothing)
