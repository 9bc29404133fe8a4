"""Pages of the names and numbers of people's own organisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.directory import labels, queries, service
from plugins.directory.forms import NameForm, NumberForm
from portal import undo
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.i18n import Form, _
from portal.organisations import policy
from portal.organisations import queries as organisations
from portal.organisations import service as core
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.people.views import done, page, to
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("directory", __name__, url_prefix="/organisations")
WHO = "editors of the organisation and administrators; others get 404 or 403"


def _to_edit(slug: str) -> Organisation:
    organisation = organisations.own(context(), slug)
    core.check_editor(context(), organisation)
    return organisation


@blueprint.get("/<slug>/names")
@allow(SIGNED_IN, owner=WHO)
def entry(slug: str) -> ResponseReturnValue:
    """Show the other names and the numbers of an organisation, with forms to add to them."""
    return _page(_to_edit(slug), NameForm(request.form), NumberForm(request.form))


@blueprint.post("/<slug>/names")
@allow(SIGNED_IN, owner=WHO)
def add_name(slug: str) -> ResponseReturnValue:
    """Add another name."""
    organisation, form = _to_edit(slug), NameForm(request.form)
    if _done(form, service.add_name, organisation):
        flash(_("The name is added; the search finds it from now on."))
        return to(url_for(".entry", slug=organisation.slug))
    return _page(organisation, form, NumberForm(formdata=None))


@blueprint.post("/<slug>/numbers")
@allow(SIGNED_IN, owner=WHO)
def add_number(slug: str) -> ResponseReturnValue:
    """Add a number."""
    organisation, form = _to_edit(slug), NumberForm(request.form)
    if _done(form, service.add_identifier, organisation):
        flash(_("The number is added."))
        return to(url_for(".entry", slug=organisation.slug))
    return _page(organisation, NameForm(formdata=None), form)


@blueprint.route("/<slug>/names/<int:number>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=WHO)
def edit_name(slug: str, number: int) -> ResponseReturnValue:
    """Change another name, its kind or language."""
    organisation = _to_edit(slug)
    found = {row.id: row for row in queries.names(organisation.id)}.get(number)
    if found is None:
        raise NotFound
    form = NameForm(request.form) if request.form else NameForm(obj=found)
    if _done(form, service.change_name, organisation, number):
        flash(_("The changes are saved."))
        return to(url_for(".entry", slug=organisation.slug))
    return page("directory/name.html", form, organisation=organisation, row=found)


@blueprint.post("/<slug>/names/<int:number>/remove")
@allow(SIGNED_IN, owner=WHO)
def remove_name(slug: str, number: int) -> ResponseReturnValue:
    """Remove another name, for ten minutes with a way back."""
    organisation = _to_edit(slug)
    gone = service.remove_name(context(), organisation, number)
    gone["text"] = gone.pop("name")
    sentence = _("%(name)s is removed.", name=gone["text"])
    undo.offer(context(), sentence, "directory.name", organisation_id=organisation.id, **gone)
    return to(url_for(".entry", slug=organisation.slug))


@blueprint.post("/<slug>/numbers/<int:number>/remove")
@allow(SIGNED_IN, owner=WHO)
def remove_number(slug: str, number: int) -> ResponseReturnValue:
    """Remove a number, for ten minutes with a way back."""
    organisation = _to_edit(slug)
    gone = service.remove_identifier(context(), organisation, number)
    shown = f"{labels.scheme_name(gone['scheme'])} {gone['value']}"
    sentence = _("%(name)s is removed.", name=shown)
    undo.offer(context(), sentence, "directory.number", organisation_id=organisation.id, **gone)
    return to(url_for(".entry", slug=organisation.slug))


@blueprint.post("/<slug>/<any(hide, show):act>")
@allow(SIGNED_IN, owner="administrators of the organisation; others get 404 or 403")
def switch(slug: str, act: str) -> ResponseReturnValue:
    """Take an organisation from the public pages, or bring it back."""
    organisation = organisations.own(context(), slug)
    if act == "hide":
        core.hide(context(), organisation)
        sentence = _("The organisation is on no public page any more.")
        undo.offer(context(), sentence, "directory.show", organisation_id=organisation.id)
    else:
        core.bring_back(context(), organisation)
        flash(_("The organisation is on the public pages again."))
    return to(url_for("organisations.detail", slug=organisation.slug))


def _done(form: Form, verb: Callable[..., Any], *which: Any) -> bool:
    """Do what a sent form asks; if it is refused, the form says why."""
    try:
        return bool(done(form, lambda ctx, **typed: (verb(ctx, *which, **typed), True)))
    except Conflict as error:
        mark(form, error)
        return False


def _page(organisation: Organisation, names: NameForm, numbers: NumberForm) -> ResponseReturnValue:
    facts = queries.facts(organisation)
    shown = render_template(
        "directory/entry.html",
        organisation=organisation,
        labels=labels,
        names=[(row, queries.source_of(facts, row.name)) for row in queries.names(organisation.id)],
        identifiers=[
            (row, queries.source_of(facts, f"{row.scheme}:{row.value}"))
            for row in queries.identifiers(organisation.id)
        ],
        name_form=names,
        number_form=numbers,
    )
    return shown, 422 if request.method == "POST" else 200


def sections(ctx: Context, organisation: Organisation) -> str:
    """Return what the organisation's own page says of its entry."""
    return render_template(
        "directory/sections.html",
        organisation=organisation,
        labels=labels,
        names=queries.names(organisation.id),
        identifiers=queries.identifiers(organisation.id),
        facts=queries.facts(organisation),
        duplicates=queries.duplicates(organisation),
        may_hide=policy.may_hide(ctx.actor, organisation),
    )


# Undo


def _found(organisation_id: int) -> Organisation:
    found: Organisation | None = Organisation.get_or_none(Organisation.id == organisation_id)
    if found is None:
        raise NotFound
    return found


def _name_again(ctx: Context, organisation_id: int, text: str, kind: str, lang: str) -> None:
    service.add_name(ctx, _found(organisation_id), name=text, kind=kind, lang=lang)


def _number_again(ctx: Context, organisation_id: int, scheme: str, value: str) -> None:
    service.add_identifier(ctx, _found(organisation_id), scheme=scheme, value=value)


def _show_again(ctx: Context, organisation_id: int) -> None:
    core.bring_back(ctx, _found(organisation_id))


undo.register("directory.name", _name_again)
undo.register("directory.number", _number_again)
undo.register("directory.show", _show_again)
