"""Pages of those who run the site: organisations whose administrators are gone or don't answer."""

from __future__ import annotations

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.members import accepting, forms, invitations, queries, rules
from plugins.members.models import Invitation, JoinRequest
from plugins.members.views.base import pages
from portal.context import Context
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation
from portal.people.forms import mark
from portal.people.views import done, page, to
from portal.web.access import ADMIN, allow


@pages.get("/setup/members")
@allow(ADMIN)
def site_list() -> ResponseReturnValue:
    """List organisations that nobody runs, and those that don't answer."""
    orphans = queries.orphans()
    known = {item.id for item in orphans}
    late: dict[int, JoinRequest] = {}
    for row in queries.unanswered(g.ctx):
        if row.organisation.id not in known:
            late.setdefault(row.organisation.id, row)
    return render_template("members/site_list.html", orphans=orphans, late=list(late.values()))


def _organisation(slug: str) -> Organisation:
    organisation = organisations.by_slug(slug)
    if organisation.state == UNCLAIMED:
        raise NotFound
    return organisation


@pages.get("/setup/members/<slug>")
@allow(ADMIN)
def site_page(slug: str) -> ResponseReturnValue:
    """Show how an organisation can be handed over."""
    return _page(_organisation(slug), forms.SiteForm(request.form))


@pages.post("/setup/members/<slug>")
@allow(ADMIN, fresh=True, rate="invitation")
def site_hand_over(slug: str) -> ResponseReturnValue:
    """Ask somebody to run an organisation whose administrators are gone or don't answer."""
    organisation = _organisation(slug)
    form = forms.SiteForm(request.form)

    def send(ctx: Context, **values: str) -> Invitation:
        return invitations.hand_over_by_site(ctx, organisation, **{"person": ""} | values)

    try:
        row = done(form, send)
    except Conflict as error:
        mark(form, error)
        row = None
    if row is None:
        return _page(organisation, form)
    flash(_("The person is asked, and everybody who acts for the organisation is told."))
    return to(url_for(".site_page", slug=organisation.slug))


@pages.post("/setup/members/<slug>/<public_id>/<any(withdraw, confirm, refuse):act>")
@allow(ADMIN)
def site_settle(slug: str, public_id: str, act: str) -> ResponseReturnValue:
    """Withdraw a hand-over by the site, or settle one that is held."""
    organisation = _organisation(slug)
    row = queries.invitation(organisation, public_id)
    if not row.by_site:
        raise NotFound
    verbs = {
        "withdraw": (invitations.withdraw, _("The invitation is withdrawn.")),
        "confirm": (accepting.confirm, _("Confirmed: the person is told.")),
        "refuse": (accepting.refuse, _("Refused: the link works no more, the person is told.")),
    }
    verb, said = verbs[act]
    verb(g.ctx, organisation, row)
    flash(said)
    return to(url_for(".site_page", slug=organisation.slug))


def _page(organisation: Organisation, form: forms.SiteForm) -> ResponseReturnValue:
    form.offer(queries.candidates(g.ctx, organisation, may_ask=True))
    return page(
        "members/site_page.html",
        form,
        organisation=organisation,
        has_administrators=bool(queries.administrators(organisation.id)),
        waiting=queries.site_invitations(organisation),
        days=rules.OBJECTION.days,
    )
