"""Pages on which an agreement is made for a mobility or a consortium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements import interface as agreements
from plugins.agreements.interface import Begun
from plugins.consortia import interface as consortia
from plugins.mobilities import interface as mobilities
from plugins.occasions import queries, service, wordings
from plugins.occasions.forms import BeginForm, OwnForm
from plugins.occasions.models import CONSORTIUM, MOBILITY
from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _
from portal.people import throttle
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("occasions", __name__)

WRITING = throttle.Limit("occasions-writing", 60, 3_600)
"""What one account may begin in an hour."""


@blueprint.route("/mobilities/<public_id>/agreement", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the sending side; others get 404 or 403")
def mobility(public_id: str) -> ResponseReturnValue:
    """Make the learning agreement of a mobility."""
    stay = mobilities.find(g.ctx, public_id)
    if service.SENDING not in stay.sides:
        raise NotAllowed(_("The sending organisation makes the learning agreement."))
    form = _form(_("Learning agreement: %(title)s", title=stay.title))
    status = 200
    if request.method == "POST":
        made, status = _begun(form, lambda: service.for_mobility(g.ctx, stay, *_typed(form)))
        if made is not None:
            return made
    return render_template(
        "occasions/mobility.html",
        form=form,
        stay=stay,
        others=service.parties_of(stay, g.ctx.locale),
        is_made=queries.is_made(MOBILITY, stay.id),
        rows=queries.shown(g.ctx, MOBILITY, stay.id),
    ), status


@blueprint.route("/consortia/<slug>/agreements", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="members; its lead alone writes; others get 404")
def consortium(slug: str) -> ResponseReturnValue:
    """Show the agreements of a consortium, and let its lead make one."""
    here = consortia.find(g.ctx, slug)
    form = _form(_("Consortium agreement: %(name)s", name=here.name))
    status = 200
    if request.method == "POST":
        here = consortia.led(g.ctx, slug)
        made, status = _begun(form, lambda: service.for_consortium(g.ctx, here, *_typed(form)))
        if made is not None:
            return made
    there = consortia.members(here, consortia.ACTIVE)
    return consortia.page(
        here,
        "occasions/consortium.html",
        "agreements",
        status,
        form=form,
        rows=queries.shown(g.ctx, CONSORTIUM, here.id),
        is_made=queries.is_made(CONSORTIUM, here.id),
        absent=[item.organisation for item in there if not service.is_here(item.organisation)],
        count=len(there),
        templates=wordings.kept(here),
        kind=agreements.labels.kind,
        may_keep=agreements.newest_of(g.ctx),
    )


@blueprint.post("/consortia/<slug>/templates")
@allow(SIGNED_IN, owner="who leads it; members get 403, others 404")
def keep(slug: str) -> ResponseReturnValue:
    """Keep the wording of an agreement as a template of the consortium."""
    here = consortia.led(g.ctx, slug)
    wordings.keep(g.ctx, here, request.form.get("agreement", ""))
    flash(_("The template is kept. All members can begin agreements with it."))
    return redirect(f"/consortia/{slug}/agreements#templates", 303)


@blueprint.post("/consortia/<slug>/templates/<public_id>/remove")
@allow(SIGNED_IN, owner="who leads it; members get 403, others 404")
def remove(slug: str, public_id: str) -> ResponseReturnValue:
    """Take a template of a consortium away."""
    wordings.remove(g.ctx, consortia.led(g.ctx, slug), public_id)
    flash(_("The template is taken away. Agreements that began with it stay as they are."))
    return redirect(f"/consortia/{slug}/agreements#templates", 303)


@blueprint.route("/consortia/<slug>/templates/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="members; who writes for one begins; others get 404")
def template(slug: str, public_id: str) -> ResponseReturnValue:
    """Show a template of a consortium, and begin an agreement with it."""
    here = consortia.find(g.ctx, slug)
    row = wordings.find(here, public_id)
    form = OwnForm(request.form or None, organisations=wordings.writers(g.ctx, here))
    if request.method == "GET":
        form.title.data = row.title
        form.language.data, form.second.data = [*row.languages, ""][:2]
    status = 200
    if request.method == "POST":
        made, status = _begun(
            form,
            lambda: wordings.begin(g.ctx, here, public_id, form.organisation.data, *_typed(form)),
        )
        if made is not None:
            return made
    newest = wordings.form_of(row)
    return consortia.page(
        here,
        "occasions/template.html",
        "agreements",
        status,
        form=form,
        wording=row,
        kind=agreements.labels.kind(row.kind),
        clauses=[
            (newest.clause_title(item.id), row.texts[item.id])
            for item in newest.clauses
            if any(row.texts.get(item.id, {}).values())
        ],
    )


def _form(title: str) -> BeginForm:
    form = BeginForm(request.form or None)
    if request.method == "GET":
        form.title.data, form.language.data = title[:160], g.ctx.locale
    return form


def _typed(form: BeginForm) -> tuple[str, list[str]]:
    return form.title.data or "", form.languages


def _begun(form: BeginForm, begin: Callable[[], Begun]) -> tuple[ResponseReturnValue | None, int]:
    """Begin what was asked for; answer with its page, or with the status of the form."""
    if not form.validate():
        return None, 422
    throttle.spend(g.ctx, WRITING, str(g.ctx.actor.account_id))
    try:
        made = begin()
    except (Invalid, Conflict) as error:
        mark(form, Invalid(error.message, "title"))
        return None, error.status
    flash(_("The agreement is begun and filled as far as we know. Nobody else sees it yet."))
    answer: Any = redirect(f"/agreements/{made.public_id}", 303)
    return answer, 303
