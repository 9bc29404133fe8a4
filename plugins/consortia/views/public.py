"""What everybody sees: the list of consortia, one of them, the page behind a mailed invitation."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.consortia import forms, inviting, labels, leading, queries, rules, service, showing
from plugins.consortia.models import CLOSED, RUNNING, Consortium, Membership
from plugins.consortia.queries import PAGE_SIZE
from plugins.consortia.views.base import blueprint, find, page, sections
from plugins.links import interface as links
from plugins.partners.interface import field_name
from portal import objects, workflow
from portal.i18n import _, language_name, locale, ngettext, number
from portal.organisations.rules import country_codes
from portal.people.views import keep_nothing
from portal.web.access import ANYONE, allow

MOST_PAGE = 200


@blueprint.get("/consortia")
@allow(ANYONE)
def index() -> ResponseReturnValue:
    """List the consortia that have started, one's own, and those that public lists name."""
    country = request.args.get("country", "")[:2].upper()
    kind = request.args.get("kind", "")
    country = country if country in country_codes() else ""
    kind = kind if kind in rules.KINDS else ""
    typed = request.args.get("page", "1")[:4]
    at = min(max(int(typed) if typed.isascii() and typed.isdigit() else 1, 1), MOST_PAGE)
    total, rows = queries.public(country, kind, at)
    own = queries.own(g.ctx) if g.ctx.actor.signed_in else []
    invited = queries.own_memberships(g.ctx, "invited") if g.ctx.actor.signed_in else []
    counts = queries.counts([row.id for row in (*rows, *own)])
    last = max(1, -(-total // PAGE_SIZE))
    hooks = objects.registry().hooks
    return render_template(
        "consortia/index.html",
        rows=[_card(row, counts) for row in rows],
        own=[_card(row, counts) for row in own],
        invited=invited,
        known=list(hooks.each("consortia_known", g.ctx)),
        total=total,
        country=country,
        kind=kind,
        countries=labels.countries(),
        kinds=[(key, labels.kind(key)) for key in rules.KINDS],
        span=_("Page %(page)s of %(last)s", page=number(at), last=number(last)),
        previous_url=_url(country, kind, at - 1) if at > 1 else None,
        next_url=_url(country, kind, at + 1) if at < last else None,
    )


def _url(country: str, kind: str, at: int) -> str:
    return f"/consortia?country={country}&kind={kind}&page={at}"


def _card(row: Consortium, counts: dict[int, tuple[int, int]]) -> dict[str, Any]:
    members, countries = counts.get(row.id, (0, 0))
    return {
        "row": row,
        "kind": labels.kind(row.kind),
        "state": labels.state(row.state),
        "size": ngettext("%(num)s member", "%(num)s members", members),
        "countries": ngettext("%(num)s country", "%(num)s countries", countries),
    }


@blueprint.get("/consortia/<slug>")
@allow(ANYONE)
def show(slug: str) -> ResponseReturnValue:
    """Show a consortium: what it is for, and who belongs to it."""
    found = find(slug)
    row = found.row
    if row.slug != slug:
        return redirect(f"/consortia/{row.slug}", 301)
    lines = queries.lines(row)
    who = showing.who(row, lines, request.args.get("members") == "all")
    own = service.own_organisations(g.ctx) if g.ctx.actor.signed_in else []
    mine = queries.memberships_of(row, own)
    inside = {item.organisation_id for item in mine}
    free = [item for item in own if item.id not in inside]
    joining = [item for item in free if bool(item.is_fictional) == bool(row.is_fictional)]
    return page(  # type: ignore[no-any-return]
        "show",
        found,
        "",
        who=who,
        facts=_facts(row),
        kind=labels.kind(row.kind),
        joining=joining if row.state == RUNNING else [],
        apply_form=forms.ApplyForm(organisations=joining) if joining else None,
        mine=[
            (item, labels.member_state(item.state), workflow.offered(g.ctx, item))
            for item in mine
            if item.organisation_id != row.lead_id
        ],
        steps=workflow.offered(g.ctx, row) if found.may("run", "pause") else [],
        json_ld=showing.json_ld(row, who.described),
        is_closed=row.state == CLOSED,
        offer=_offer(row, own) if mine else None,
        more=[item for item in sections(found) if not item.is_on] if found.may("run") else [],
        language=language_name(row.lang, locale()),
        links=list(
            objects.registry().hooks.each("consortia_links", g.ctx, consortium=queries.seen(found))
        ),
    )


def _offer(row: Consortium, own: list[Any]) -> Any:
    """Return the lead that is offered to an organisation of the person, if it is."""
    motion = leading.open_motion(row) if own else None
    if motion is None or motion.kind != "hand_over":
        return None
    return motion if motion.candidate_id in {item.id for item in own} else None


def _facts(row: Consortium) -> list[tuple[str, str]]:
    found = [
        (_("Kind"), labels.kind(row.kind)),
        (_("Fields"), ", ".join(field_name(code) for code in row.fields)),
        (_("Languages"), ", ".join(language_name(tag, locale()) for tag in row.languages)),
        (_("When"), labels.period(row.starts_on, row.ends_on)),
        (_("Number of the grant"), row.grant_number),
    ]
    return [pair for pair in found if pair[1]]


@blueprint.route("/consortia/invitation/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever has the mailed link")
def invitation(token: str) -> ResponseReturnValue:
    """Let whoever has the mailed link accept or decline for the organisation."""
    is_done = request.args.get("done") == "yes"
    link = links.find(g.ctx, token, service.PURPOSE, closed=is_done)
    row: Membership = Membership.get_by_id(link.object_id)
    if request.method == "POST":
        says_yes = request.form.get("answer") == "yes"
        inviting.answer(g.ctx, link, says_yes)
        flash(_("Your answer has reached the lead. Thank you."))
        return redirect(f"/consortia/invitation/{token}?done=yes", 303)
    return render_template(
        "consortia/invitation.html",
        row=row,
        consortium=row.consortium,
        state=labels.member_state(row.state),
        is_open=row.state == "invited" and not is_done,
        parts=[labels.part(key) for key in row.parts],
        role=labels.role(row.role),
        kind=labels.kind(row.consortium.kind),
    )


@blueprint.after_request
def _keep_nothing(response: Any) -> Any:
    """Leave no copy behind of the pages that a mailed link opens."""
    return keep_nothing(response) if request.endpoint == "consortia.invitation" else response
