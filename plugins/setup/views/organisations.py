"""Organisations: search, verifying, hiding, the operator's own."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import frame, queries, service
from plugins.setup.views.base import blueprint
from portal.errors import Invalid, NotFound
from portal.i18n import _, country_name
from portal.organisations import queries as all_organisations
from portal.organisations import service as organisation_service
from portal.organisations.labels import state_name
from portal.organisations.models import CLAIMED, UNCLAIMED, VERIFIED, Organisation
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context


@blueprint.get("/organisations")
@allow(ADMIN)
def organisations() -> ResponseReturnValue:
    """List organisations, newest first."""
    chosen = {
        name: request.args.get(name, "").replace("\0", "").strip()[:120] for name in ("q", "state")
    }
    query = queries.organisations(**chosen)
    if frame.wants("csv"):
        heads = [_("Name"), _("Country"), _("Town"), _("State"), _("Hidden")]
        rows = query.order_by(Organisation.id).limit(queries.MOST_EXPORTED)
        return frame.as_csv(
            "organisations",
            heads,
            ((r.name, r.country, r.city, r.state, "x" if r.hidden_at else "") for r in rows),
        )
    rows, following = queries.paged(query, Organisation.id, frame.after())
    return frame.page(
        "setup/organisations.html",
        _("Organisations"),
        rows=[(row, country_name(row.country), _tags(row)) for row in rows],
        next_url=frame.here(after=following) if following else None,
        first_url=frame.here(after=None) if frame.after() else None,
        csv_url=frame.here(format="csv", after=None),
        chosen=chosen,
        states=[
            *((state, state_name(state)) for state in (UNCLAIMED, CLAIMED, VERIFIED)),
            ("hidden", _("hidden")),
            ("operator", _("the operator's own")),
        ],
    )


@blueprint.route("/organisations/<slug>", methods=["GET", "POST"])
@allow(ADMIN, owner="decisions: not by its own members")
def organisation(slug: str) -> ResponseReturnValue:
    """Show an organisation; decide about it."""
    found = all_organisations.by_slug(slug)
    wrong = ""
    if request.method == "POST":
        try:
            flash(_act(found, request.form.get("act", ""), request.form.get("reason", "")))
            return redirect(url_for(".organisation", slug=found.slug), 303)
        except Invalid as error:
            wrong = error.message
    return frame.page(
        "setup/organisation.html",
        found.name,
        [(_("Organisations"), url_for(".organisations"))],
        422 if wrong else 200,
        organisation=found,
        marks=_tags(found),
        members=all_organisations.members(found),
        wrong=wrong,
        typed=request.form.get("reason", ""),
    )


def _act(found: Organisation, act: str, reason: str) -> str:
    ctx, name = context(), found.name
    if act == "verify":
        service.verify(ctx, found, reason)
        return _("%(name)s is verified.", name=name)
    if act == "unverify":
        service.take_back(ctx, found, reason)
        return _("%(name)s is no longer verified.", name=name)
    if act in {"operator", "not-operator"}:
        service.mark_operator(ctx, found, act == "operator")
        return _("The mark of %(name)s is changed.", name=name)
    if act == "hide":
        organisation_service.hide(ctx, found)
        return _("%(name)s is hidden from the public pages.", name=name)
    if act == "show":
        organisation_service.bring_back(ctx, found)
        return _("%(name)s is shown again.", name=name)
    raise NotFound


def _tags(row: Any) -> list[tuple[str, str]]:
    kinds = {VERIFIED: "ok", CLAIMED: "act"}
    found = [(state_name(row.state), kinds.get(row.state, ""))]
    if row.hidden_at:
        found.append((_("hidden"), "warn"))
    if row.is_operator:
        found.append((_("the operator's own"), ""))
    if row.is_fictional:
        found.append((_("demonstration"), "demo"))
    return found
