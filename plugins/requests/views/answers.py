"""Answers: an organisation writes its own, the asker compares them and decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.partners.interface import respond
from plugins.requests import forms, labels, pages, queries, ranking, replying, rules
from plugins.requests.models import PartnerRequest, Reply
from plugins.requests.views.base import blueprint, own, spend
from portal import workflow
from portal.errors import Conflict, Invalid, NotAllowed
from portal.fields import shown_version
from portal.i18n import _, country_name, ngettext
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import beat

OF_ASKER = ("shortlist", "choose", "decline", "reconsider")
DECISIONS = f"any({', '.join(OF_ASKER)}):step"


@blueprint.route("/requests/<slug>/reply", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of another organisation", rate="request")
def reply(slug: str) -> ResponseReturnValue:
    """Answer a request for one of the person's organisations, or change that answer."""
    row = queries.find(g.ctx, slug).request
    mine = [item for item in queries.own_organisations(g.ctx) if replying.may_answer(row, item)]
    if not mine:
        raise NotAllowed(
            _(
                "You answer for an organisation with a published profile, and not to your own request."
            )
        )
    wanted = request.form.get("organisation") or request.args.get("organisation")
    chosen = next((item for item in mine if item.slug == wanted), mine[0])
    known = queries.reply_of(row.id, chosen.id)
    form = _form(row, mine, chosen, known, request.form or None)
    is_open = replying.is_open(g.ctx, row)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if wanted != chosen.slug:
                raise Invalid(_("Choose one of your organisations."), field="organisation")
            if form.validate():
                spend()
                version = shown_version() or 0
                replying.answer(g.ctx, row, chosen, form.values(), version)
                flash(_("Your answer is sent. You can change it until the request is closed."))
                return redirect(f"/requests/{row.slug}/reply?organisation={chosen.slug}", 303)
        except Invalid as error:
            mark(form, error)
        except replying.Closed as error:
            is_open, status = False, error.status
        except Conflict as error:
            now = queries.reply_of(row.id, chosen.id)
            error.forms = form, _form(row, mine, chosen, now, None), None, chosen.is_fictional
            raise
    values: dict[str, Any] = {
        "row": row,
        "owner": row.organisation,
        "form": form,
        "mine": mine,
        "chosen": chosen,
        "known": known,
        "state": labels.reply_state(known.state) if known else None,
        "is_open": is_open,
        "flow": _flow(known) if known else None,
    }
    return render_template("requests/reply.html", **values), status


def _flow(known: Reply) -> dict[str, Any]:
    """Return how an answer went, for those who wrote it: of the other side no person is named."""
    flow = workflow.panel(g.ctx, known)
    for _title, entry in flow["history"]:
        if entry.transition in OF_ASKER:
            entry.actor_name = known.request.organisation.name
    return flow


def _form(
    row: PartnerRequest,
    mine: list[Organisation],
    chosen: Organisation,
    known: Reply | None,
    typed: Any,
) -> forms.ReplyForm:
    asked = rules.answerable(ranking.asked_points(row))
    covered = (
        () if known else ranking.covered_by(ranking.catalogue(beat().catalogue_seq), row, chosen.id)
    )
    form = forms.ReplyForm(typed, asked=asked, organisations=mine, reply=known, covered=covered)
    form.organisation.data = chosen.slug
    return form


@blueprint.post("/requests/<slug>/reply/withdraw")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the organisation that answered; others get 404")
def withdraw(slug: str) -> ResponseReturnValue:
    """Withdraw an answer: the asker no longer sees it; it can be sent again."""
    row = queries.find(g.ctx, slug).request
    wanted = request.form.get("organisation")
    chosen = next((item for item in queries.own_organisations(g.ctx) if item.slug == wanted), None)
    known = queries.reply_of(row.id, chosen.id) if chosen else None
    if known is None:
        raise queries.missing()
    workflow.move(g.ctx, known, "withdraw", "", shown_version())
    flash(_("Your answer is withdrawn. Its text is kept; send it again if you like."))
    return redirect(f"/requests/{row.slug}/reply?organisation={wanted}", 303)


@blueprint.get("/requests/<slug>/replies")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the asking organisation; others get 404")
def replies(slug: str) -> ResponseReturnValue:
    """Compare the answers to a request side by side, on the page or as a file."""
    row = own(slug, "run").request
    found = queries.replies(row)
    lines = pages.comparison(ranking.asked_points(row), found)
    if request.args.get("as") == "csv":
        return respond("csv", "answers", *_as_table(found, lines))
    shown = [
        {
            "reply": item,
            "owner": item.organisation,
            "country": country_name(item.organisation.country),
            "state": labels.reply_state(item.state),
            "steps": workflow.offered(g.ctx, item),
        }
        for item in found
    ]
    heading = ngettext("%(num)s answer", "%(num)s answers", len(found))
    return render_template(
        "requests/replies.html",
        row=row,
        owner=row.organisation,
        shown=shown,
        lines=lines,
        heading=heading,
    )


def _as_table(
    found: list[Reply], lines: list[tuple[str, list[str]]]
) -> tuple[list[str], Iterator[list[str]]]:
    """Return heads and rows of the file: one row an answer."""
    heads = [_("Organisation"), _("Country"), _("State"), *(label for label, _cells in lines)]
    heads.append(_("Answer"))
    rows = (
        [
            item.organisation.name,
            country_name(item.organisation.country),
            labels.reply_state(item.state)[0],
            *(cells[at] for _label, cells in lines),
            item.text,
        ]
        for at, item in enumerate(found)
    )
    return heads, rows


@blueprint.post(f"/requests/<slug>/replies/<public_id>/<{DECISIONS}>")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the asking organisation; others get 404")
def decide(slug: str, public_id: str, step: str) -> ResponseReturnValue:
    """Put an answer on the shortlist, choose it, decline it politely, or think again."""
    row = own(slug, "run").request
    item = queries.reply(row, public_id)
    workflow.move(g.ctx, item, step, request.form.get("comment", ""), shown_version())
    name = item.organisation.name
    told = {
        "shortlist": _("%(name)s is on the shortlist and is told so.", name=name),
        "choose": _("%(name)s is chosen and is told so.", name=name),
        "decline": _("%(name)s is told that you chose others this time.", name=name),
        "reconsider": _("%(name)s is on the shortlist again. Nobody is told.", name=name),
    }
    flash(told[step])
    return redirect(f"/requests/{row.slug}/replies", 303)
