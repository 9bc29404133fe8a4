"""The blueprints, and what several pages need."""

from __future__ import annotations

from flask import Blueprint, g, request

from plugins.agreements import library, policy, queries
from plugins.agreements.models import Agreement
from portal.fields import version_of
from portal.people import throttle
from portal.people.views import keep_nothing

blueprint = Blueprint("agreements", __name__)
linked = Blueprint("agreements_link", __name__, url_prefix="/agreements/links")
linked.after_request(keep_nothing)

PARTY = "members of a party; others get 404"
WRITERS = "OrgEditor or OrgAdmin of a party; others get 404 or 403"

WRITING = throttle.Limit("agreements-writing", 240, 3_600)
"""What one account, or one mailed link, may change in agreements in an hour."""
SENDING = throttle.Limit("agreements-sending", 60, 3_600)
"""How often one account may have agreements sent to addresses in an hour."""


def own(public_id: str) -> Agreement:
    """Return an agreement of a party of the actor. Raises NotFound."""
    return queries.find(g.ctx, public_id)


def hand(agreement: Agreement, signing: bool = False) -> policy.Hand:
    """Return for which party the actor acts: the one named in the form, else the first."""
    return policy.hand(g.ctx, agreement, request.values.get("as", ""), signing)


def template_of(agreement: Agreement) -> library.Template:
    """Return the template that an agreement began with."""
    return library.template(agreement.kind, agreement.template_version)


def asked_page(name: str = "page") -> int:
    """Return which page of a list is asked for, from 1; 0 where all shall be on one page."""
    return 0 if request.args.get("all") else version_of(request.args.get(name)) or 1


def spend(key: str = "") -> None:
    """Count what an account or a link writes. Raises TooMany."""
    throttle.spend(g.ctx, WRITING, key or str(g.ctx.actor.account_id))


def spend_sending() -> None:
    """Count what an account has sent to addresses. Raises TooMany."""
    throttle.spend(g.ctx, SENDING, str(g.ctx.actor.account_id))
