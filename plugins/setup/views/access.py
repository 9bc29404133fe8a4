"""Who may do what: roles explained, and the access table."""

from __future__ import annotations

import inspect
from typing import Any

from flask import current_app, request
from flask.typing import ResponseReturnValue

from plugins.setup import frame, labels
from plugins.setup.views.base import blueprint
from portal import objects
from portal.i18n import _
from portal.organisations.models import MEMBER_ROLES
from portal.web import access as table
from portal.web.access import ADMIN, Listed, allow


@blueprint.get("/roles")
@allow(ADMIN)
def roles() -> ResponseReturnValue:
    """Explain the roles: what each may do on pages, and with objects in their states."""
    groups = [
        (
            labels.actor_name(actors),
            [(row, _words(row)) for row in _rows() if row.row.actors == actors],
        )
        for actors in table.ACTORS
    ]
    return frame.page(
        "setup/roles.html",
        _("Roles"),
        site_roles=_site_roles(),
        organisation_roles=[(role, _organisation_role(role)) for role in MEMBER_ROLES],
        groups=groups,
        flows=bool(objects.registry().structure.workflows),
    )


@blueprint.get("/access")
@allow(ADMIN)
def access() -> ResponseReturnValue:
    """Show the access table, each address with who may open it."""
    q, actors = request.args.get("q", "").strip()[:120], request.args.get("actors", "")
    rows = [
        row
        for row in _rows()
        if q.lower() in f"{row.method} {row.rule}".lower() and actors in {"", row.row.actors}
    ]
    if frame.wants("csv"):
        heads = [_("Method"), _("Address"), _("Who"), _("Also checked"), _("Limited")]
        return frame.as_csv(
            "access",
            heads,
            ((r.method, r.rule, r.row.actors, r.row.owner, r.row.rate) for r in rows),
        )
    return frame.page(
        "setup/access.html",
        _("Access"),
        rows=[(row, labels.actor_name(row.row.actors)) for row in rows],
        csv_url=frame.here(format="csv"),
        chosen={"q": q, "actors": actors},
        actors=[(name, labels.actor_name(name)) for name in table.ACTORS],
    )


def _rows() -> list[Listed]:
    """Return the rows of the core and of active plugins."""
    return [row for row in table.table(current_app) if table.is_served(row.endpoint)]


def _words(row: Listed) -> str:
    """Return the first sentence that a view says of itself."""
    view: Any = current_app.view_functions[row.endpoint]
    return (inspect.getdoc(view) or "").split("\n")[0]


def _site_roles() -> list[tuple[str, str]]:
    return [
        (
            labels.role_name("Member"),
            _("Has an account: looks after organisations and asks for them."),
        ),
        (
            labels.role_name("Reviewer"),
            _("Decides cases of others: claims, removals, corrections."),
        ),
        (labels.role_name("SiteAdmin"), _("Runs the site: everything in Site Setup.")),
    ]


def _organisation_role(role: str) -> str:
    words = {
        "OrgMember": _("Belongs to the organisation and sees its own page."),
        "OrgEditor": _("Changes its facts and profile."),
        "OrgSignatory": _("Signs for it."),
        "OrgAdmin": _("Does all of this, adds people, hides it and brings it back."),
    }
    return words.get(role, "")
