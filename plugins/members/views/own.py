"""Pages of an organisation's people, for its members; what changes them, for its administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.members import (
    accepting,
    forms,
    invitations,
    joining,
    labels,
    leaving,
    policy,
    queries,
    rules,
)
from plugins.members.models import Invitation
from plugins.members.views.base import pages
from portal import undo
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import MEMBER_ROLES, Organisation
from portal.people.forms import mark
from portal.people.views import done, page, to
from portal.web.access import SIGNED_IN, allow

MANAGED = "administrators of the organisation; others get 404 or 403"


def managed(slug: str) -> Organisation:
    """Return an organisation that the actor runs. Raises NotFound, NotAllowed."""
    organisation = organisations.own(g.ctx, slug)
    policy.check_manager(g.ctx, organisation)
    return organisation


@pages.get("/organisations/<slug>/members")
@allow(SIGNED_IN, owner="members of the organisation and administrators; others get 404")
def index(slug: str) -> ResponseReturnValue:
    """Show who acts for an organisation, and to its administrators who is invited or asks."""
    ctx = g.ctx
    organisation = organisations.own(ctx, slug)
    manages = policy.may_manage(ctx, organisation)
    sent = queries.invitations(ctx, organisation) if manages else []
    now = ctx.clock.now()
    return render_template(
        "members/index.html",
        organisation=organisation,
        members=queries.members(organisation),
        manages=manages,
        is_member=any(
            item.account.id == ctx.actor.account_id for item in queries.members(organisation)
        ),
        invitations=[(row, queries.shown_state(row, now)) for row in sent],
        signers=queries.signers(organisation.id) if manages else [],
        requests=queries.requests([organisation.id]) if manages else [],
        labels=labels,
        roles=MEMBER_ROLES,
        now=now,
    )


@pages.route("/organisations/<slug>/members/invite", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=MANAGED, rate="invitation")
def invite(slug: str) -> ResponseReturnValue:
    """Invite a colleague."""
    organisation = managed(slug)
    form = forms.InviteForm(request.form)
    said = _("The invitation is on its way. It works for %(days)s days.")
    return _sent(form, "members/invite.html", organisation, invitations.invite, said)


@pages.route("/organisations/<slug>/members/signatory", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=MANAGED, rate="invitation")
def signatory(slug: str) -> ResponseReturnValue:
    """Invite whoever signs for the organisation."""
    organisation = managed(slug)
    form = forms.SignatoryForm(request.form)
    said = _("The link is on its way. It works for %(days)s days; no account is needed.")
    return _sent(form, "members/signatory.html", organisation, invitations.invite_signatory, said)


@pages.route("/organisations/<slug>/members/hand-over", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=MANAGED, rate="invitation")
def hand_over(slug: str) -> ResponseReturnValue:
    """Ask somebody to run the organisation in one's place."""
    organisation = managed(slug)
    form = forms.HandOverForm(request.form)
    form.offer(queries.candidates(g.ctx, organisation))
    said = _("The person is asked. Nothing changes until they accept, for %(days)s days.")
    return _sent(form, "members/hand_over.html", organisation, invitations.hand_over, said)


def _sent(
    form: forms.Words,
    template: str,
    organisation: Organisation,
    verb: Callable[..., Invitation],
    said: str,
) -> ResponseReturnValue:
    """Send an invitation, or show its form."""

    def send(ctx: Context, **values: str) -> Invitation:
        return verb(
            ctx, organisation, **{"person": ""} | values if "afterwards" in values else values
        )

    try:
        row = done(form, send)
    except Conflict as error:
        mark(form, error)
        row = None
    if row is None:
        return page(template, form, organisation=organisation)
    flash(said % {"days": (row.expires_at - row.opens_at).days})
    return to(url_for(".index", slug=organisation.slug))


@pages.post(
    "/organisations/<slug>/members/invitations/<public_id>/"
    "<any(again, withdraw, confirm, refuse):act>"
)
@allow(SIGNED_IN, owner=MANAGED, rate="invitation")
def settle(slug: str, public_id: str, act: str) -> ResponseReturnValue:
    """Send an invitation again, withdraw it, or settle one that is held."""
    organisation = organisations.own(g.ctx, slug)
    row = queries.invitation(organisation, public_id)
    verbs = {
        "again": (invitations.send_again, _("Sent again. The link before works no more.")),
        "withdraw": (invitations.withdraw, _("The invitation is withdrawn.")),
        "confirm": (accepting.confirm, _("Confirmed: the person is told.")),
        "refuse": (accepting.refuse, _("Refused: the link works no more, the person is told.")),
    }
    verb, said = verbs[act]
    verb(g.ctx, organisation, row)
    if act == "withdraw" and not row.by_site:
        whose: dict[str, Any] = {"organisation_id": organisation.id, "invitation": public_id}
        undo.offer(g.ctx, said, "members.bring_back", **whose)
    else:
        flash(said)
    return to(url_for(".index", slug=slug))


@pages.post("/organisations/<slug>/members/signatories/<public_id>/end")
@allow(SIGNED_IN, owner=MANAGED)
def end_signatory(slug: str, public_id: str) -> ResponseReturnValue:
    """Let somebody sign no more."""
    organisation = organisations.own(g.ctx, slug)
    signer = queries.signer(organisation, public_id)
    had_role = accepting.end_signatory(g.ctx, organisation, signer)
    sentence = _("%(name)s signs no more for this organisation.", name=signer.name)
    whose: dict[str, Any] = {"organisation_id": organisation.id, "signatory": public_id}
    undo.offer(g.ctx, sentence, "members.sign_again", had_role=int(had_role), **whose)
    return to(url_for(".index", slug=slug))


@pages.post("/organisations/<slug>/members/<person>/role")
@allow(SIGNED_IN, owner=MANAGED)
def change_role(slug: str, person: str) -> ResponseReturnValue:
    """Give a member another role."""
    organisation = managed(slug)
    account = leaving.find(organisation, person)
    was, role = queries.role_in(organisation.id, account.id), request.form.get("role", "")
    leaving.change_role(g.ctx, organisation, person, role)
    if role != was:
        told = {"name": account.name, "role": labels.role_name(role)}
        sentence = _("%(name)s: from now on %(role)s.", **told)
        whose: dict[str, Any] = {"organisation_id": organisation.id, "account_id": account.id}
        undo.offer(g.ctx, sentence, "members.change_back", role=was, now=role, **whose)
    return to(url_for(".index", slug=slug))


@pages.post("/organisations/<slug>/members/leave")
@allow(SIGNED_IN, owner="members of the organisation; others get 404")
def leave(slug: str) -> ResponseReturnValue:
    """Act for the organisation no longer."""
    organisation = organisations.own(g.ctx, slug)
    role = leaving.leave(g.ctx, organisation)
    sentence = _("You no longer act for %(name)s.", name=organisation.name)
    undo.offer(g.ctx, sentence, "members.come_back", organisation_id=organisation.id, role=role)
    return to(url_for("organisations.overview"))


@pages.route("/organisations/<slug>/members/requests/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=MANAGED)
def decide(slug: str, public_id: str) -> ResponseReturnValue:
    """Decide a request to join."""
    organisation = organisations.own(g.ctx, slug)
    row = queries.request(organisation, public_id)
    policy.check_manager(g.ctx, organisation)
    form = forms.DecisionForm(request.form)

    def answer(ctx: Context, **values: str) -> None:
        joining.decide(ctx, organisation, row, **values)

    if done(form, answer):
        flash(_("Your answer is sent."))
        return to(url_for(".index", slug=slug))
    domain = organisation.domain
    says = rules.domain_says(row.account.email, domain, queries.sharing(domain))
    return page(
        "members/decide.html",
        form,
        organisation=organisation,
        row=row,
        remark=labels.domain_words(says, domain),
        now=g.ctx.clock.now(),
    )


# Undo


def _organisation(organisation_id: int) -> Organisation:
    found: Organisation | None = Organisation.get_or_none(Organisation.id == organisation_id)
    if found is None:
        raise NotFound
    return found


def _bring_back(ctx: Context, organisation_id: int, invitation: str) -> None:
    organisation = _organisation(organisation_id)
    invitations.bring_back(ctx, organisation, queries.invitation(organisation, invitation))


def _sign_again(ctx: Context, organisation_id: int, signatory: str, had_role: int) -> None:
    organisation = _organisation(organisation_id)
    found = queries.signer(organisation, signatory)
    accepting.bring_signatory_back(ctx, organisation, found, bool(had_role))


def _change_back(ctx: Context, organisation_id: int, account_id: int, role: str, now: str) -> None:
    leaving.change_back(ctx, _organisation(organisation_id), account_id, role, now)


def _come_back(ctx: Context, organisation_id: int, role: str) -> None:
    leaving.come_back(ctx, _organisation(organisation_id), role)


undo.register("members.bring_back", _bring_back)
undo.register("members.sign_again", _sign_again)
undo.register("members.change_back", _change_back)
undo.register("members.come_back", _come_back)
