"""Pages of organisations: one's own, requests about entries, and the reviewers' list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _
from portal.organisations import cases, labels, policy, queries, service
from portal.organisations.forms import CaseForm, ClaimForm, DecisionForm, OrganisationForm, mark
from portal.organisations.models import Organisation, OrganisationCase
from portal.people import throttle
from portal.web.access import ANYONE, REVIEWER, SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")

CASE_NETWORK = throttle.Limit("case-network", 20, 3_600)
"""Requests about entries from one network."""


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
        else:
            flash(_("The changes are saved."))
            return redirect(url_for(".detail", slug=organisation.slug), 303)
    status = 422 if request.method == "POST" else 200
    page = render_template("organisations/edit.html", form=form, organisation=organisation)
    return page, status


@blueprint.post("/<slug>/<any(hide, show):act>")
@allow(SIGNED_IN, owner="administrators of the organisation; others get 404 or 403")
def switch(slug: str, act: str) -> ResponseReturnValue:
    """Take an organisation from the public pages, or bring it back."""
    organisation = queries.own(context(), slug)
    if act == "hide":
        service.hide(context(), organisation)
        flash(_("The organisation is on no public page any more."))
    else:
        service.bring_back(context(), organisation)
        flash(_("The organisation is on the public pages again."))
    return redirect(url_for(".detail", slug=organisation.slug), 303)


@blueprint.route("/<slug>/claim", methods=["GET", "POST"])
@allow(SIGNED_IN, rate="case")
def claim(slug: str) -> ResponseReturnValue:
    """Ask to act for an entry that nobody has claimed."""
    organisation = queries.public(slug)
    if organisation.is_fictional:
        raise NotAllowed(_("This entry was made up for demonstration; nobody can claim it."))
    if not policy.may_be_claimed(organisation):
        raise Conflict(_("People act for this organisation already. Ask them to add you."))
    return _ask(organisation, cases.CLAIM, ClaimForm)


@blueprint.route("/<slug>/remove", methods=["GET", "POST"])
@allow(ANYONE, rate="case")
def remove(slug: str) -> ResponseReturnValue:
    """Ask to take an entry that nobody has claimed from the portal."""
    organisation = queries.public(slug)
    if not policy.may_be_removed(organisation):
        raise Conflict(
            _("People act for this organisation; they take it from the pages themselves.")
        )
    return _ask(organisation, cases.REMOVAL, CaseForm)


@blueprint.route("/<slug>/report", methods=["GET", "POST"])
@allow(ANYONE, rate="case")
def report(slug: str) -> ResponseReturnValue:
    """Say that a fact about an organisation is wrong."""
    return _ask(queries.public(slug), cases.WRONG_FACT, CaseForm)


def _ask(
    organisation: Organisation, kind: str, make_form: Callable[..., CaseForm]
) -> ResponseReturnValue:
    """Show the form of a request about an entry, or open the case."""
    form = make_form(request.form)
    if form.more.data:
        mark(form, Invalid(_("Leave the field empty that people do not see.")))
    elif request.method == "POST" and form.validate():
        throttle.spend(context(), CASE_NETWORK, throttle.network(request.remote_addr))
        try:
            case = _open(organisation, kind, form)
        except Invalid as error:
            mark(form, error)
        else:
            return redirect(url_for(".receipt", public_id=case.public_id), 303)
    status = 422 if request.method == "POST" else 200
    page = render_template(
        "organisations/ask.html", form=form, organisation=organisation, kind=kind, labels=labels
    )
    return page, status


def _open(organisation: Organisation, kind: str, form: CaseForm) -> OrganisationCase:
    return cases.open_case(
        context(),
        organisation,
        kind,
        message=form.message.data or "",
        proof=(form["proof"].data or "") if "proof" in form else "",
        reply_to=form.reply_to.data or "",
    )


@blueprint.get("/receipts/<public_id>")
@allow(ANYONE, owner="whoever knows the random number of the case")
def receipt(public_id: str) -> ResponseReturnValue:
    """Show that a request arrived, until when it is decided, and the decision."""
    return render_template(
        "organisations/receipt.html", case=queries.case(public_id), labels=labels
    )


@blueprint.get("/cases")
@allow(REVIEWER)
def case_list() -> ResponseReturnValue:
    """List what waits for a decision, due first."""
    return render_template(
        "organisations/cases.html",
        cases=queries.open_cases(),
        now=context().clock.now(),
        labels=labels,
    )


@blueprint.route("/cases/<public_id>", methods=["GET", "POST"])
@allow(REVIEWER, owner="four eyes: not the person's own case or organisation")
def decide(public_id: str) -> ResponseReturnValue:
    """Decide a case."""
    ctx = context()
    case = queries.case(public_id)
    form = DecisionForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            accept = form.verdict.data == "accept"
            cases.decide_case(ctx, case, accept, form.reasons.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The decision is made and the person is told."))
            return redirect(url_for(".case_list"), 303)
    status = 422 if request.method == "POST" else 200
    page = render_template(
        "organisations/decide.html",
        case=case,
        form=form,
        labels=labels,
        facts=queries.facts(case.organisation),
        duplicates=queries.duplicates(case.organisation),
        may_decide=policy.may_decide(ctx.actor, case),
    )
    return page, status
