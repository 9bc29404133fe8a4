"""Pages of people's own organisations."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import undo, versions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.organisations import labels, policy, queries, service
from portal.organisations.forms import OrganisationForm, mark
from portal.organisations.models import Organisation
from portal.web import merging
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")


@blueprint.get("/")
@allow(SIGNED_IN, owner="lists the person's own organisations")
def overview() -> ResponseReturnValue:
    """List the organisations for which the person acts."""
    return render_template(
        "organisations/overview.html", memberships=queries.mine(context()), labels=labels
    )


@blueprint.route("/new", methods=["GET", "POST"])
@allow(SIGNED_IN)
def new() -> ResponseReturnValue:
    """Add an organisation."""
    form = OrganisationForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            organisation = service.create_organisation(context(), **form.values())
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Your organisation is here. You are its administrator."))
            return redirect(url_for(".detail", slug=organisation.slug), 303)
    status = 422 if request.method == "POST" else 200
    return render_template("organisations/new.html", form=form), status


@blueprint.get("/<slug>/")
@allow(SIGNED_IN, owner="members of the organisation and administrators; others get 404")
def detail(slug: str) -> ResponseReturnValue:
    """Show an organisation to its own people."""
    ctx = context()
    organisation = queries.own(ctx, slug)
    if organisation.slug != slug:
        return redirect(url_for(".detail", slug=organisation.slug), 301)
    return render_template(
        "organisations/detail.html",
        organisation=organisation,
        labels=labels,
        facts=queries.facts(organisation),
        identifiers=queries.identifiers(organisation),
        members=queries.members(organisation),
        duplicates=queries.duplicates(organisation),
        links=_links(organisation),
        may_edit=policy.may_edit(ctx.actor, organisation),
        may_hide=policy.may_hide(ctx.actor, organisation),
    )


def _links(organisation: Organisation) -> list[tuple[Any, str]]:
    return list(
        service.hooks().each("organisation_links", context(), organisation_id=organisation.id)
    )


@blueprint.route("/<slug>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="editors of the organisation and administrators; others get 404 or 403")
def edit(slug: str) -> ResponseReturnValue:
    """Change an organisation's facts."""
    ctx = context()
    organisation = queries.own(ctx, slug)
    if not policy.may_edit(ctx.actor, organisation):
        raise NotAllowed(_("Ask an administrator of your organisation to change this."))
    form = OrganisationForm(request.form) if request.form else OrganisationForm.of(organisation)
    if request.method == "POST" and form.validate():
        version = form.version.data or ""
        try:
            service.update_organisation(
                ctx, organisation, int(version) if version.isdecimal() else 0, **form.values()
            )
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            now, was = _others(organisation.id, version)
            return merging.both(error, form, now, was, organisation.is_fictional)
        else:
            flash(_("The changes are saved."))
            return redirect(url_for(".detail", slug=organisation.slug), 303)
    status = 422 if request.method == "POST" else 200
    page = render_template("organisations/edit.html", form=form, organisation=organisation)
    return page, status


def _others(organisation_id: int, shown: str) -> list[OrganisationForm | None]:
    """Return the form as it would be now, and as it was when it was shown, where that is known."""
    kind = service.VERSIONED
    was = versions.at(kind.type, organisation_id, int(shown) if shown.isdecimal() else 0)
    now = kind.dump(organisation_id)[1]
    return [OrganisationForm(data=data) if data else None for data in (now, was)]


@blueprint.post("/<slug>/<any(hide, show):act>")
@allow(SIGNED_IN, owner="administrators of the organisation; others get 404 or 403")
def switch(slug: str, act: str) -> ResponseReturnValue:
    """Take an organisation from the public pages, or bring it back."""
    organisation = queries.own(context(), slug)
    if act == "hide":
        service.hide(context(), organisation)
        sentence = _("The organisation is on no public page any more.")
        undo.offer(context(), sentence, "portal.show", organisation_id=organisation.id)
    else:
        service.bring_back(context(), organisation)
        flash(_("The organisation is on the public pages again."))
    return redirect(url_for(".detail", slug=organisation.slug), 303)


@blueprint.post("/<slug>/members/<person>/remove")
@allow(SIGNED_IN, owner="administrators of the organisation; others get 404 or 403")
def remove_member(slug: str, person: str) -> ResponseReturnValue:
    """Let somebody no longer act for the organisation."""
    ctx = context()
    organisation = queries.own(ctx, slug)
    members = {item.account.public_id: item for item in queries.members(organisation)}
    gone = members.get(person)
    if gone is None:
        raise NotFound
    service.remove_member(ctx, organisation, gone.account.id)
    sentence = _("%(name)s no longer acts for this organisation.", name=gone.account.name)
    whom: dict[str, Any] = {"organisation_id": organisation.id, "account_id": gone.account.id}
    undo.offer(ctx, sentence, "portal.add_member", **whom, role=gone.role)
    return redirect(url_for(".detail", slug=organisation.slug), 303)


def _own(ctx: Context, organisation_id: int) -> Organisation:
    """Return an organisation whose administrator the actor still is; else NotFound."""
    organisation: Organisation | None = Organisation.get_or_none(Organisation.id == organisation_id)
    if organisation is None or not policy.may_hide(ctx.actor, organisation):
        raise NotFound
    return organisation


def _show_again(ctx: Context, organisation_id: int) -> None:
    service.bring_back(ctx, _own(ctx, organisation_id))


def _add_again(ctx: Context, organisation_id: int, account_id: int, role: str) -> None:
    service.add_member(ctx, _own(ctx, organisation_id), account_id, role)


undo.register("portal.show", _show_again)
undo.register("portal.add_member", _add_again)
