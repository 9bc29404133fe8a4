"""The register of a person's organisations, and how an agreement begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.agreements import forms, labels, library, pages, queries, service
from plugins.agreements.views.base import blueprint, spend, spend_sending
from plugins.partners.interface import respond
from portal.errors import Invalid, NotFound
from portal.fields import version_of
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.organisations.rules import folded
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


def _filters() -> queries.Filters:
    args = request.args
    known = {"under_way", *labels.STATES}
    state = args.get("state", "")
    return queries.Filters(
        state=state if state in known else "",
        kind=args.get("kind", "")[:40].replace("\0", ""),
        text=args.get("q", "")[:100].replace("\0", "").strip(),
        before=version_of(args.get("before")),
    )


@blueprint.get("/agreements")
@allow(SIGNED_IN, owner="lists agreements of the person's own organisations")
def index() -> ResponseReturnValue:
    """List the agreements that the person's organisations are parties of, or save them as a file."""
    filters = _filters()
    if request.args.get("as") in ("csv", "xlsx", "json"):
        found = queries.register(g.ctx, filters, queries.MOST_EXPORTED)
        return respond(request.args["as"], "agreements", *_as_table(found))
    found = queries.register(g.ctx, filters)
    shown, rest = found[: queries.PAGE_SIZE], found[queries.PAGE_SIZE :]
    there = queries.parties_of([row.id for row in shown])
    state = [(name, labels.state(name)[0], name == filters.state) for name in labels.STATES]
    asked = {"state": filters.state, "kind": filters.kind, "q": filters.text}
    asked = {name: value for name, value in asked.items() if value}
    return render_template(
        "agreements/index.html",
        rows=[pages.card(row, there[row.id]) for row in shown],
        filters=filters,
        is_filtered=bool(asked) or bool(filters.before),
        states=[("under_way", _("under way"), filters.state == "under_way"), *state],
        kinds=[(name, form.title, name == filters.kind) for name, form in library.newest().items()],
        query=urlencode(asked),
        next_url=f"/agreements?{urlencode({**asked, 'before': shown[-1].id})}" if rest else "",
        may_begin=bool(queries.own_organisations(g.ctx)),
    )


def _as_table(found: list[Any]) -> tuple[list[str], Iterator[list[str]]]:
    heads = [
        _("Number"), _("Title"), _("Kind"), _("State"), _("Parties"), _("From"), _("Until"),
        _("Review"), _("In force since"), _("Page"),
    ]  # fmt: skip
    there = queries.parties_of([row.id for row in found])
    rows = (
        [
            row.public_id,
            row.title,
            labels.kind(row.kind),
            labels.state(row.state)[0],
            "; ".join(party.name for party in there[row.id]),
            row.starts_on,
            row.ends_on,
            row.review_on,
            row.in_force_at.date().isoformat() if row.in_force_at else "",
            f"/agreements/{row.public_id}",
        ]
        for row in found
    )
    return heads, rows


@blueprint.route("/agreements/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the chosen organisation", rate="request")
def new() -> ResponseReturnValue:
    """Begin an agreement: kind, title, with whom."""
    mine = queries.own_organisations(g.ctx)
    if not mine:
        return render_template("agreements/nobody.html")
    form = forms.NewForm(request.form or None, organisations=mine)
    if request.method == "GET" and not request.form:
        form.kind.data = request.args.get("kind") or "mou"
        form.partner.data = request.args.get("partner", "")[:160]
        form.language.data = g.ctx.locale
        form.role.data, form.partner_role.data = "partner", "partner"
        form.organisation.data = request.args.get("organisation") or mine[0].slug
    chosen = next((item for item in mine if item.slug == form.organisation.data), None)
    if request.method == "POST" and form.validate():
        try:
            if chosen is None:
                raise Invalid(_("Choose one of your organisations."), field="organisation")
            spend()
            made = _begin(form, chosen)
            flash(
                _("The agreement is begun and filled as far as we know. Nobody else sees it yet.")
            )
            return redirect(f"/agreements/{made.public_id}", 303)
        except Invalid as error:
            mark(form, error)
    status = 422 if request.method == "POST" else 200
    about = [(item.title, item.word(f"about.{name}")) for name, item in library.newest().items()]
    return render_template("agreements/new.html", form=form, mine=mine, about=about), status


def _begin(form: forms.NewForm, chosen: Organisation) -> Any:
    others, language = [], form.language.data
    if (form.partner.data or "").strip():
        role = form.partner_role.data
        others = [asked(form.partner.data, role, form.email.data, language, chosen)]
        if others[0].organisation is None:
            spend_sending()
    return service.begin(
        g.ctx,
        chosen,
        form.kind.data,
        form.title.data,
        role=form.role.data,
        others=others,
        languages=[language, form.second.data or ""],
        deadline=form.deadline_on.data,
    )


def asked(
    typed: str, role: str, email: str | None, language: str, own: Organisation
) -> service.Asked:
    """Return the party that somebody typed: an organisation here, else a name with an address.

    Raises Invalid when no such organisation is here and no address was written.
    """
    typed, email = typed.replace("\0", "").strip(), (email or "").replace("\0", "").strip()
    if email:
        return service.Asked(role, None, typed, email, language)
    found = _here(typed, bool(own.is_fictional))
    if found is None:
        raise Invalid(
            _("No partner of that name is here. Write a mail address too, and it acts by a link."),
            field="partner",
        )
    return service.Asked(role, found, language=language)


def _here(typed: str, is_fictional: bool) -> Organisation | None:
    slug = typed.rstrip("/").rpartition("/")[2]
    try:
        return organisations.public(slug)
    except NotFound:
        rows = Organisation.select().where(
            Organisation.folded_name == folded(typed),
            Organisation.hidden_at.is_null(),
            Organisation.is_fictional == is_fictional,
        )
        known = organisations.in_sight(list(rows.order_by(Organisation.id).limit(5)))
        claimed = [item for item in known if item.state != "unclaimed"]
        return next(iter(claimed or known), None)
