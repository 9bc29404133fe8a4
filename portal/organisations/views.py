"""Pages of people's own organisations."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import undo, versions
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.organisations import labels, policy, queries, service
from portal.organisations.forms import EditForm, OrganisationForm
from portal.organisations.models import Organisation
from portal.people.views import done, page, to
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")


@blueprint.get("/")
@allow(SIGNED_IN, owner="lists the person's own organisations")
def overview() -> ResponseReturnValue:
    """List the organisations for which the person acts."""
    mine = queries.mine(context())
    return render_template("organisations/overview.html", memberships=mine, labels=labels)


@blueprint.route("/new", methods=["GET", "POST"])
@allow(SIGNED_IN)
def new() -> ResponseReturnValue:
    """Add an organisation."""
    form = OrganisationForm(request.form)
    organisation = done(form, service.create_organisation)
    if organisation:
        flash(_("Your organisation is here. You are its administrator."))
        return to(url_for(".detail", slug=organisation.slug))
    return page("organisations/new.html", form)


@blueprint.get("/<slug>/")
@allow(SIGNED_IN, owner="members of the organisation and administrators; others get 404")
def detail(slug: str) -> ResponseReturnValue:
    """Show an organisation to its own people."""
    ctx = context()
    organisation = queries.own(ctx, slug)
    if organisation.slug != slug:
        return redirect(url_for(".detail", slug=organisation.slug), 301)
    hooks = service.hooks()
    return render_template(
        "organisations/detail.html",
        organisation=organisation,
        labels=labels,
        members=queries.members(organisation),
        links=hooks.each("organisation_links", ctx, organisation_id=organisation.id),
        sections=hooks.each("organisation_sections", ctx, organisation_id=organisation.id),
        may_edit=policy.may_edit(ctx.actor, organisation),
        may_hide=policy.may_hide(ctx.actor, organisation),
    )


@blueprint.route("/<slug>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="editors of the organisation and administrators; others get 404 or 403")
def edit(slug: str) -> ResponseReturnValue:
    """Change an organisation's facts."""
    ctx = context()
    organisation = queries.own(ctx, slug)
    service.check_editor(ctx, organisation)
    form = EditForm(request.form) if request.form else EditForm(obj=organisation)
    shown = int(form.version.data) if re.fullmatch("[0-9]{1,9}", str(form.version.data)) else 0

    def save(ctx: Context, version: str, **values: str) -> Organisation:
        return service.update_organisation(ctx, organisation, shown, **values)

    try:
        if done(form, save):
            flash(_("The changes are saved."))
            return to(url_for(".detail", slug=organisation.slug))
    except Conflict as error:
        kind = service.VERSIONED
        both = kind.dump(organisation.id)[1], versions.at(kind.type, organisation.id, shown)
        now, was = (OrganisationForm(data=data) if data else None for data in both)
        error.forms = form, now, was, organisation.is_fictional
        raise
    return page("organisations/edit.html", form, organisation=organisation)


@blueprint.post("/<slug>/members/<person>/remove")
@allow(SIGNED_IN, owner="administrators of the organisation; others get 404 or 403")
def remove_member(slug: str, person: str) -> ResponseReturnValue:
    """Let somebody no longer act for the organisation."""
    ctx = context()
    organisation = queries.own(ctx, slug)
    members = queries.members(organisation)
    gone = next((item for item in members if item.account.public_id == person), None)
    if gone is None:
        raise NotFound
    service.remove_member(ctx, organisation, gone.account.id)
    sentence = _("%(name)s no longer acts for this organisation.", name=gone.account.name)
    whom: dict[str, Any] = {"organisation_id": organisation.id, "account_id": gone.account.id}
    undo.offer(ctx, sentence, "portal.add_member", **whom, role=gone.role)
    return to(url_for(".detail", slug=organisation.slug))


def _add_again(ctx: Context, organisation_id: int, account_id: int, role: str) -> None:
    organisation: Organisation | None = Organisation.get_or_none(Organisation.id == organisation_id)
    if organisation is None or not policy.may_hide(ctx.actor, organisation):
        raise NotFound
    service.add_member(ctx, organisation, account_id, role)


undo.register("portal.add_member", _add_again)
