"""Pages of reviewers: what waits, and one case."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.claims import labels, queries, service
from plugins.claims.forms import DecisionForm, MeasureDecisionForm, ProvenDecisionForm
from plugins.claims.hints import hints
from plugins.claims.models import Case
from plugins.claims.views.base import blueprint
from plugins.directory import interface as directory
from portal import workflow
from portal.errors import Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import REVIEWER, allow
from portal.web.heartbeat import context


@blueprint.get("/cases")
@allow(REVIEWER)
def case_list() -> ResponseReturnValue:
    """List what waits for a decision, due first; with `?state=decided` what was decided."""
    ctx, is_decided = context(), request.args.get("state") == "decided"
    cases = queries.decided_cases() if is_decided else queries.open_cases()
    return render_template(
        "claims/cases.html",
        cases=cases,
        is_decided=is_decided,
        decidable=queries.decidable(ctx, cases),
        me=ctx.actor.account_id,
        now=ctx.clock.now(),
        labels=labels,
    )


@blueprint.route("/cases/<public_id>", methods=["GET", "POST"])
@allow(REVIEWER, owner="four eyes: not the person's own case or organisation")
def decide(public_id: str) -> ResponseReturnValue:
    """Decide a case."""
    ctx = context()
    case = queries.case(public_id)
    form = _form(case)
    if request.method == "POST" and form.validate():
        try:
            accept = form.verdict.data == "accept"
            names = ("proven_by", "measure", "ground", "rule")
            more = {name: form[name].data or "" for name in names if name in form}
            service.decide_case(ctx, case, accept, form.reasons.data or "", **more)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The decision is made and the person is told."))
            return redirect(url_for(".case_list"), 303)
    status = 422 if request.method == "POST" else 200
    organisation = case.organisation
    page = render_template(
        "claims/decide.html",
        case=case,
        word=service.word_of(case),
        form=form,
        labels=labels,
        facts=directory.facts(organisation) if organisation else [],
        numbers=directory.identifiers(organisation.id) if organisation else [],
        duplicates=directory.duplicates(organisation) if organisation else [],
        hints=hints(case),
        rivals=queries.rivals(case),
        appeal=queries.appeal_of(case),
        may_decide=bool(workflow.offered(ctx, case)),
        holder=queries.holder(case),
        flow=workflow.panel(ctx, case),
    )
    return page, status


def _form(case: Case) -> DecisionForm:
    takes_proof, takes_measure = service.asks(case)
    if takes_proof:
        return ProvenDecisionForm(request.form)
    return MeasureDecisionForm(request.form) if takes_measure else DecisionForm(request.form)
