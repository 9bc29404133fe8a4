"""Who fits a request, and telling or inviting them; how that is found out."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from plugins.partners.interface import day_number, projects
from plugins.requests import labels, ranking, reasons, rules, telling
from plugins.requests.models import PUBLISHED, PartnerRequest
from plugins.requests.views.base import blueprint, own, spend
from portal import settings
from portal.errors import PortalError
from portal.i18n import _, country_name, ngettext, number
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.web.access import ANYONE, SIGNED_IN, allow
from portal.web.heartbeat import beat

MOST_SHOWN = 30
MOST_UNCLAIMED = 10


@blueprint.get("/requests/method")
@allow(ANYONE)
def method() -> ResponseReturnValue:
    """Say how it is found out who fits."""
    rows = [(labels.kind_name(kind), weight) for kind, weight in rules.WEIGHTS.items()]
    return render_template("requests/method.html", rows=rows)


@blueprint.get("/requests/<slug>/fits")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the organisation; others get 404")
def fits(slug: str) -> ResponseReturnValue:
    """Name the organisations that fit best, with reasons."""
    return _page(own(slug, "run").request)


def _page(row: PartnerRequest, refused: str = "", status: int = 200) -> ResponseReturnValue:
    ctx = g.ctx
    partners, day = ranking.catalogue(beat().catalogue_seq), day_number(ctx.clock.now())
    last = ranking.faded(ctx.clock.now())
    claimed, unclaimed = (
        ranking.rank(partners, row, is_claimed=here, day=day, most=most, last=last)
        for here, most in ((True, MOST_SHOWN), (False, MOST_UNCLAIMED))
    )
    told = set(telling.told_of(row))
    values: dict[str, Any] = {
        "row": row,
        "owner": row.organisation,
        "is_open": row.state == PUBLISHED and row.closes_at > ctx.clock.now(),
        "refused": refused,
        "claimed": [_shown(item, told) for item in claimed.best],
        "unclaimed": _with_domains(row, [_shown(item, set()) for item in unclaimed.best]),
        "heading": ngettext(
            "%(shown)s organisation fits",
            "%(shown)s organisations fit",
            claimed.total,
            shown=number(claimed.total),
        ),
        "told": len(told),
        "most": settings.of(ctx, "requests")["most_told"],
        "chosen": set(request.form.getlist("organisation")),
    }
    _add_projects([*values["claimed"], *values["unclaimed"]])
    return render_template("requests/fits.html", **values), status


def _shown(item: ranking.Candidate, told: set[int]) -> dict[str, Any]:
    card = item.card
    return {
        "id": item.organisation_id,
        "slug": card["slug"],
        "name": card["name"],
        "lang": card.get("lang", ""),
        "code": card["country"],
        "country": country_name(card["country"]),
        "city": card.get("city", ""),
        "demo": bool(card.get("demo")),
        "fit": item.fit,
        "told": item.organisation_id in told,
        "faded": item.is_faded,
    }


def _add_projects(rows: list[dict[str, Any]]) -> None:
    """Say the reasons, with the number of projects, in one statement for all."""
    found = projects(g.ctx, [row["id"] for row in rows])
    for row in rows:
        fit = row.pop("fit")
        row["why"] = reasons.why(fit, len(found.get(row["id"], ())))
        row["lacks"] = reasons.lacks(fit)


def _with_domains(row: PartnerRequest, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ids = [item["id"] for item in rows]
    owners = {item.id: item for item in Organisation.select().where(Organisation.id.in_(ids))}
    before = telling.invited_before(ids)
    for item in rows:
        owner = owners.get(item["id"])
        may = owner is not None and telling.may_be_invited(row, owner)
        item["domain"] = owner.domain if owner is not None and may else ""
        item["invited"] = item["id"] in before
    return rows


@blueprint.post("/requests/<slug>/tell")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the organisation; others get 404")
def tell(slug: str) -> ResponseReturnValue:
    """Tell the ticked organisations of the request."""
    row = own(slug, "run").request
    wanted = [
        int(text)
        for text in request.form.getlist("organisation")
        if text.isdecimal() and len(text) < 10
    ]
    try:
        spend()
        told, flooded = telling.tell(g.ctx, row, wanted)
    except PortalError as error:
        return _page(row, error.message, error.status)
    if told:
        flash(
            ngettext(
                "%(num)s organisation is told. Its answer comes here.",
                "%(num)s organisations are told. Their answers come here.",
                told,
            )
        )
    if flooded:
        flash(
            ngettext(
                "%(num)s was told of many requests this week, and is left in peace for now.",
                "%(num)s were told of many requests this week, and are left in peace for now.",
                flooded,
            )
        )
    return redirect(f"/requests/{row.slug}/fits", 303)


@blueprint.post("/requests/<slug>/invite")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the organisation; others get 404")
def invite(slug: str) -> ResponseReturnValue:
    """Write once to an organisation that nobody has claimed."""
    row = own(slug, "run").request
    try:
        spend()
        whom = organisations.public(request.form.get("organisation", ""))
        telling.invite(g.ctx, row, whom, request.form.get("mailbox", ""))
    except PortalError as error:
        return _page(row, error.message or _("There is no such organisation."), error.status)
    flash(_("%(name)s is invited. It is asked this once only.", name=whom.name))
    return redirect(f"/requests/{row.slug}/fits", 303)


@blueprint.route("/requests/no-invitations/<token>", methods=["GET", "POST"])
@allow(ANYONE, owner="whoever got the invitation with the signed link", csrf=False)
def no_invitations(token: str) -> ResponseReturnValue:
    """Note that an organisation wants no invitations; asks first, unless a mail program asks."""
    organisation = telling.whose(token)
    if request.method == "POST":
        telling.refuse(g.ctx, organisation.id)
    is_done = request.method == "POST"
    return render_template("requests/no_invitations.html", name=organisation.name, is_done=is_done)


def _exempt(state: BlueprintSetupState) -> None:
    # A mail program sends no token (RFC 8058); the signed link shows that the mail was theirs.
    if "csrf" in state.app.extensions:
        state.app.extensions["csrf"].exempt(no_invitations)


blueprint.record(_exempt)
