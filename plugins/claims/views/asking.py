"""Pages on which people ask: claim, verification, removal, wrong fact, report, appeal; and receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.claims import labels, policy, queries, service
from plugins.claims.forms import AbuseForm, AppealForm, CaseForm, ClaimForm
from plugins.claims.models import ABUSE, ACCEPTED, CLAIM, REMOVAL, VERIFICATION, WRONG_FACT, Case
from plugins.claims.rules import APPEAL_DAYS, PLANNED_DAYS
from plugins.claims.views.base import CASE_NETWORK, blueprint, contact, statement
from plugins.directory import interface as directory
from portal import settings
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.people import throttle
from portal.people.forms import mark
from portal.web.access import ANYONE, SIGNED_IN, allow
from portal.web.frame import plugin_url
from portal.web.heartbeat import context

RECEIPT = "whoever knows the random number of the case"


@blueprint.route("/<slug>/claim", methods=["GET", "POST"])
@allow(SIGNED_IN, rate="case")
def claim(slug: str) -> ResponseReturnValue:
    """Ask to act for an entry that nobody has claimed; `number` is by which it was found."""
    organisation = organisations.public(slug)
    if organisation.is_fictional:
        raise NotAllowed(_("This entry was made up for demonstration; nobody can claim it."))
    if not policy.may_be_claimed(organisation):
        error = Conflict(_("People act for this organisation already. Ask them to add you."))
        ask_url = plugin_url("members.join", slug=organisation.slug)
        if ask_url:
            return render_template(
                "claims/taken.html", organisation=organisation, ask_url=ask_url
            ), 409
        raise error
    return _ask(organisation, CLAIM, ClaimForm, _known(organisation))


@blueprint.route("/<slug>/verify", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="administrators of the organisation; others get 404", rate="case")
def verify(slug: str) -> ResponseReturnValue:
    """Ask to have one's own organisation verified."""
    organisation = organisations.own(context(), slug)
    if not policy.may_be_verified(context(), organisation):
        raise NotFound
    return _ask(organisation, VERIFICATION, ClaimForm, _known(organisation))


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


@blueprint.route("/<slug>/abuse", methods=["GET", "POST"])
@allow(ANYONE, rate="case")
def abuse(slug: str) -> ResponseReturnValue:
    """Report what an organisation shows; `page` is where it stands."""
    organisation = organisations.public(slug)
    page = request.args.get("page", "")[: service.PAGE_LENGTH] or f"/partners/{organisation.slug}"
    return _ask(organisation, ABUSE, AbuseForm, {"page": page})


def _known(organisation: Organisation) -> dict[str, str]:
    """Return what a claim begins with: the proof that fits the number the entry was found by."""
    number = request.args.get("number", "")[:80]
    pairs = {
        f"{row.scheme}:{row.value}": f"{directory.scheme_name(row.scheme)} {row.value}"
        for row in directory.identifiers(organisation.id)
    }
    if number not in pairs:
        return {}
    return {"proof": "letter", "message": _("Our number is %(number)s.", number=pairs[number])}


def _ask(
    organisation: Organisation,
    kind: str,
    make_form: Callable[..., CaseForm],
    known: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Show the form of a request about an entry, or open the case."""
    form = make_form(request.form, data=known)
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
        **_beside(organisation, kind),
    )
    return page, status


def _beside(organisation: Organisation, kind: str) -> dict[str, Any]:
    """Return what helps to prove something: what is known, the word, others with such a name."""
    account_id = context().actor.account_id
    if kind not in {CLAIM, VERIFICATION} or not account_id:
        return {"word": ""}
    alike = directory.resembling([organisation.name], organisation.country, organisation.id)
    return {
        "word": service.website_word(organisation, account_id),
        "numbers": directory.identifiers(organisation.id),
        "alike": organisations.in_sight([item for item in alike if item.hidden_at is None]),
        "is_shared": bool(organisation.domain) and directory.is_shared(organisation.domain),
    }


def _open(organisation: Organisation, kind: str, form: CaseForm) -> Case:
    more = {name: form[name].data or "" for name in ("proof", "reason", "page") if name in form}
    return service.open_case(
        context(),
        organisation,
        kind,
        message=form.message.data or "",
        reply_to=form.reply_to.data or "",
        **more,
    )


# Receipts, statements, appeals


@blueprint.get("/receipts/<public_id>")
@allow(ANYONE, owner=RECEIPT)
def receipt(public_id: str) -> ResponseReturnValue:
    """Show that a request arrived, until when it is decided, and the decision."""
    case = queries.case(public_id)
    organisation: Any = case.organisation
    is_taken = case.kind == CLAIM and organisation and organisation.state != "unclaimed"
    is_declined = case.state not in {"open", ACCEPTED}
    return render_template(
        "claims/receipt.html",
        labels=labels,
        word=service.word_of(case),
        appeal=queries.appeal_of(case),
        may_appeal=policy.may_appeal(context(), case),
        ask_url=plugin_url("members.join", slug=organisation.slug)
        if is_taken and is_declined
        else "",
        **statement(case),
    )


@blueprint.get("/statements/<public_id>")
@allow(SIGNED_IN, owner="people of the organisation, or the person, it is about; others get 404")
def statement_page(public_id: str) -> ResponseReturnValue:
    """Show the statement of reasons to those whom a decision restricts."""
    case = queries.case(public_id)
    if case.decided_at is None or not (case.measure or case.about_account_id):
        raise NotFound
    if not policy.is_affected(context(), case):
        raise NotFound
    return render_template(
        "claims/statement.html",
        labels=labels,
        appeal=queries.appeal_of(case),
        may_appeal=policy.may_appeal(context(), case),
        **statement(case),
    )


@blueprint.route("/receipts/<public_id>/appeal", methods=["GET", "POST"])
@allow(ANYONE, owner="who did not get what they asked for, or is restricted", rate="case")
def appeal(public_id: str) -> ResponseReturnValue:
    """Ask somebody else to decide anew."""
    ctx, case = context(), queries.case(public_id)
    if not policy.may_appeal(ctx, case):
        raise NotFound
    form = AppealForm(request.form)
    if request.method == "POST" and form.validate():
        throttle.spend(ctx, CASE_NETWORK, throttle.network(request.remote_addr))
        try:
            made = service.open_appeal(ctx, case, form.message.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Your appeal is here. Somebody who did not decide before looks at it."))
            return redirect(url_for(".receipt", public_id=made.public_id), 303)
    page = render_template("claims/appeal.html", form=form, labels=labels, **statement(case))
    return page, 422 if request.method == "POST" else 200


@contact.get("/contact-point")
@allow(ANYONE)
def point() -> ResponseReturnValue:
    """Say where and how to report, what follows, how to appeal, and what came of it so far."""
    site = settings.of(context())
    return render_template(
        "claims/contact_point.html",
        labels=labels,
        address=site["contact"] or site["operator_mail"],
        days=PLANNED_DAYS,
        months=APPEAL_DAYS // 30,
        counts=queries.counts(),
    )
