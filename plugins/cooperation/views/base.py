"""The blueprints, and what several pages need."""

from __future__ import annotations

from flask import Blueprint, g, request

from plugins.cooperation import queries
from plugins.directory.interface import find, read
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people import throttle
from portal.people.views import keep_nothing

blueprint = Blueprint("cooperation", __name__)

link = Blueprint("cooperation_link", __name__, url_prefix="/cooperation/link")
link.after_request(keep_nothing)

WRITING = throttle.Limit("cooperation-writing", 60, 3_600)
"""What one account may write about past cooperation in an hour."""
BOTH = "people of both organisations; others get 404"
EDITORS = "OrgEditor or OrgAdmin of one of the person's organisations"


def spend() -> None:
    """Count what an account writes. Raises TooMany."""
    throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))


def chosen_own(mine: list[Organisation]) -> Organisation:
    """Return the organisation for which somebody writes: the one that is named, else the first."""
    wanted = request.values.get("organisation", "")
    return next((item for item in mine if item.slug == wanted), mine[0])


def entry(text: str, field: str) -> Organisation:
    """Return the organisation that somebody typed: by address, name, website or number.

    Raises Invalid where none or several fit.
    """
    text = text.strip()
    direct = Organisation.get_or_none(Organisation.slug == text, Organisation.hidden_at.is_null())
    if direct is not None:
        return direct  # type: ignore[no-any-return]
    here = [item for item in find(read(text)) if queries.is_here(item)]
    exact = [item for item in here if item.name == text] or here
    if len(exact) == 1:
        return exact[0]
    if exact:
        problem = _("Several organisations fit. Write the name as in the address of its profile.")
    else:
        problem = _("No organisation of that name is here. Write it as its page does.")
    raise Invalid(problem, field=field)
