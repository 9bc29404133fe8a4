"""Pages of requests about entries, and the reviewers' list."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.claims import labels, policy, queries, service
from plugins.claims.forms import CaseForm, ClaimForm, DecisionForm
from plugins.claims.models import CLAIM, REMOVAL, WRONG_FACT, Case
from plugins.directory import interface as directory
from portal import workflow
from portal.errors import Conflict, Invalid, NotAllowed
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people import throttle
from portal.people.forms import mark
from portal.web.access import ANYONE, REVIEWER, SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("claims", __name__, url_prefix="/organisations")

CASE_NETWORK = throttle.Limit("case-network", 20, 3_600)
"""Requests about entries from one network."""


@blueprint.route("/<slug>/claim", methods=["GET", "POST"])
@allow(SIGNED_IN, rate="case")
def claim(slug: str) -> ResponseReturnValue:
    """Ask to act for an entry that nobody has claimed."""
    organisation = organisations.public(slug)
    if organisation.is_fictional:
        raise NotAllowed(_("This entry was made up for demonstration; nobody can claim it."))
    if not policy.may_be_claimed(organisation):
        raise Conflict(_("People act for this organisation already. Ask them to add you."))
    return _ask(organisation, CLAIM, ClaimForm)


@blueprint.route("/<slug>/remove", methods=["GET", "POST"])
@allow(ANYONE, rate="case")
def remove(slug: str) -> ResponseReturnValue:
    """Ask to take an entry that nobody has claimed from the portal."""
    organisation = organisations.public(slug)
    if not policy.may_be_removed(organisation):
        raise Conflict(
            _("People act for this organisation; they take it from the pages themselves.")
        )
    return _ask(organisation, REMOVAL, CaseForm)


@blueprint.route("/<slug>/report", methods=["GET", "POST"])
@allow(ANYONE, rate="case")
def report(slug: str) -> ResponseReturnValue:
    """Say that a fact about an organisation is wrong."""
    return _ask(organisations.public(slug), WRONG_FACT, CaseForm)


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
        "claims/ask.html",
        form=form,
        organisation=organisation,
        kind=kind,
        labels=labels,
        word=_word(organisation, kind),
    )
    return page, status


def _word(organisation: Organisation, kind: str) -> str:
    account_id = context().actor.account_id
    return service.website_word(organisation, account_id) if kind == CLAIM and account_id else ""


def _open(organisation: Organisation, kind: str, form: CaseForm) -> Case:
    return service.open_case(
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
    case = queries.case(public_id)
    return render_template(
        "claims/receipt.html", case=case, labels=labels, word=service.word_of(case)
    )


@blueprint.get("/cases")
@allow(REVIEWER)
def case_list() -> ResponseReturnValue:
    """List what waits for a decision, due first."""
    return render_template(
        "claims/cases.html",
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
            service.decide_case(ctx, case, accept, form.reasons.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The decision is made and the person is told."))
            return redirect(url_for(".case_list"), 303)
    status = 422 if request.method == "POST" else 200
    page = render_template(
        "claims/decide.html",
        case=case,
        word=service.word_of(case),
        form=form,
        labels=labels,
        facts=directory.facts(case.organisation),
        duplicates=directory.duplicates(case.organisation),
        may_decide=bool(workflow.offered(ctx, case)),
        flow=workflow.panel(ctx, case),
    )
    return page, status
