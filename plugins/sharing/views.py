"""The sheet as JSON and PDF, the lead's list of links, and the status page behind one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue

from plugins.consortia.interface import (
    LEAD,
    LEADS,
    Public,
    Seen,
    led,
    page,
    shown_to_all,
    state_tag,
)
from plugins.links import interface as links
from plugins.paper import interface as paper
from plugins.sharing import facts, forms, service
from portal.errors import Invalid
from portal.i18n import _, day, language_name, locale
from portal.people import throttle
from portal.people.forms import mark
from portal.people.views import keep_nothing
from portal.web.access import ANYONE, SIGNED_IN, allow

blueprint = Blueprint("sharing", __name__)
SHEETS = throttle.Limit("sharing-sheets", 60, 3_600)
"""PDFs that one address can have made in an hour."""
MAILS = throttle.Limit("sharing-mails", 20, 3_600)
"""Links that one account can have mailed in an hour."""


def _address(public: Public) -> str:
    base: str = current_app.config["PORTAL"].base_url
    return f"{base.rstrip('/')}/consortia/{public.slug}"


@blueprint.get("/consortia/<slug>/sheet.json")
@allow(ANYONE)
def sheet_json(slug: str) -> ResponseReturnValue:
    """Give what everybody may know of a consortium as JSON."""
    public = shown_to_all(g.ctx, slug)
    return jsonify(as_json(public) | {"url": _address(public)})


def as_json(public: Public) -> dict[str, Any]:
    """Return the facts under the names of the API."""
    values = asdict(public)
    values["demonstration"] = values.pop("is_fictional")
    values["purpose_language"] = values.pop("lang")
    return values


@blueprint.get("/consortia/<slug>/sheet.pdf")
@allow(ANYONE, rate="sharing")
def sheet_pdf(slug: str) -> ResponseReturnValue:
    """Give the sheet of a consortium as PDF."""
    public = shown_to_all(g.ctx, slug)
    throttle.spend(g.ctx, SHEETS, request.remote_addr or "")
    made = paper.pdf(
        g.ctx,
        "sharing/sheet.typ",
        facts.paper_data(public, _address(public)),
        language=locale(),
        title=public.name,
    )
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{public.slug}.pdf"'
    return answer


@blueprint.route("/consortia/<slug>/sharing", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def shared(slug: str) -> ResponseReturnValue:
    """List who outside can follow the consortium; the lead mails a link to somebody more."""
    here = led(g.ctx, slug)
    form = forms.ShareForm(request.form or None)
    if request.method == "POST" and form.validate():
        throttle.spend(g.ctx, MAILS, str(g.ctx.actor.account_id))
        try:
            service.share(
                g.ctx, here, form.email.data or "", form.name.data or "", form.language.data or "en"
            )
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The link is on its way."))
            return redirect(f"/consortia/{here.slug}/sharing", 303)
    return page(
        here,
        "sharing/shared.html",
        "sharing",
        422 if request.method == "POST" else 200,
        form=form,
        readers=service.readers(g.ctx, here),
        runs=here.part == LEAD,
        told=_told(here),
    )


@blueprint.post("/consortia/<slug>/sharing/take-back")
@allow(SIGNED_IN, owner=LEADS)
def take_back(slug: str) -> ResponseReturnValue:
    """Close one of the links."""
    here = led(g.ctx, slug)
    service.take_back(g.ctx, here, request.form.get("key", "")[:60])
    flash(_("The link does nothing any more."))
    return redirect(f"/consortia/{here.slug}/sharing", 303)


@blueprint.get("/consortia/status/<token>")
@allow(ANYONE, owner="whoever has the mailed link")
def status(token: str) -> ResponseReturnValue:
    """Show how a consortium stands to whoever has the mailed link: no persons, only who agreed."""
    link = links.find(g.ctx, token, service.PURPOSE)
    here = service.consortium_of(g.ctx, link)
    answer = Response(
        render_template("sharing/status.html", here=here, until=link.expires_at, **_told(here))
    )
    return keep_nothing(answer)


def _told(here: Seen) -> Mapping[str, Any]:
    standing = facts.status(here, g.ctx.clock.now().date().isoformat())
    return {
        "standing": standing,
        "state": state_tag(here.state),
        "rows": facts.rows(standing.facts),
        "days": [day(date.fromisoformat(one), "medium") for one in standing.next_days],
        "language": language_name(here.lang, locale()),
    }
