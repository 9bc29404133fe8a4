"""The blueprints: pages of people who signed in, and of links that were mailed."""

from __future__ import annotations

from flask import Blueprint

from portal.people.views import keep_nothing

pages = Blueprint("members", __name__)
pages.after_request(keep_nothing)

link = Blueprint("members_link", __name__, url_prefix="/invitations")
link.after_request(keep_nothing)
