"""Pages on which people find their organisation, or add it; and what its own page says."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.claims import labels, policy, queries
from plugins.claims.forms import AddForm
from plugins.claims.views.base import blueprint
from plugins.directory import interface as directory
from portal import db
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations import service
from portal.organisations.models import UNCLAIMED, VERIFIED, Organisation, OrganisationFact
from portal.people.forms import mark
from portal.web.access import ANYONE, SIGNED_IN, allow
from portal.web.frame import plugin_url
from portal.web.heartbeat import context


@blueprint.get("/find")
@allow(ANYONE)
def find() -> ResponseReturnValue:
    """Look for one's own organisation by OID, PIC, another number, name, website or mail address."""
    ctx, text, typed, error = context(), request.args.get("q", "").strip(), None, ""
    found: list[Organisation] = []
    try:
        typed = directory.read(text) if text else None
        found = directory.find(typed) if typed else _at_own_domain(ctx)
    except Invalid as refusal:
        error = refusal.message
    return render_template(
        "claims/find.html",
        text=text,
        error=error,
        typed=typed,
        rows=[_row(item, mine, typed) for item, mine in _with_own(ctx, found)],
        add_url=url_for(".add", **_typed_values(typed)),
        labels=labels,
    )


def _at_own_domain(ctx: Context) -> list[Organisation]:
    """Return the entries at the domain of the person's address, before they typed anything."""
    domain = policy.mail_domain(ctx.actor.account_id) if ctx.actor.signed_in else ""
    return directory.at_domain(domain) if domain else []


def _with_own(ctx: Context, found: list[Organisation]) -> list[tuple[Organisation, bool]]:
    mine = {item.organisation.id for item in organisations.mine(ctx)} if found else set()
    return [(item, item.id in mine) for item in found]


def _row(item: Organisation, is_mine: bool, typed: directory.Typed | None) -> dict[str, Any]:
    """Return an entry with the one thing to do about it."""
    act, url = "", ""
    if is_mine:
        act, url = "mine", url_for("organisations.detail", slug=item.slug)
    elif item.is_fictional:
        act = "fictional"
    elif item.state == UNCLAIMED:
        is_number = typed is not None and typed.kind == directory.NUMBER
        number = f"{typed.scheme}:{typed.value}" if typed and is_number else None
        act, url = "claim", url_for(".claim", slug=item.slug, number=number)
    else:
        act, url = "join", plugin_url("members.join", slug=item.slug)
    return {
        "entry": item,
        "act": act,
        "url": url,
        "profile_url": plugin_url("partners.profile", slug=item.slug),
    }


def _typed_values(typed: directory.Typed | None) -> dict[str, Any]:
    """Return what was typed as the form of a new entry names it."""
    if typed is None:
        return {}
    if typed.kind == directory.NUMBER:
        return {"number": f"{typed.scheme}:{typed.value}"}
    return {typed.kind: typed.value}


@blueprint.route("/add", methods=["GET", "POST"])
@allow(SIGNED_IN)
def add() -> ResponseReturnValue:
    """Add an organisation that is not listed, with what was typed; first name those alike."""
    form = AddForm(request.form if request.form else request.args)
    alike: list[Organisation] = []
    if request.method == "POST" and form.validate():
        try:
            alike = [] if form.other.data else _alike(form)
            if not alike:
                made = _add(context(), form)
                flash(_("Your organisation is here. You are its administrator."))
                return redirect(url_for("organisations.detail", slug=made.slug), 303)
        except Invalid as error:
            mark(form, error)
    rows = [_row(item, mine, None) for item, mine in _with_own(context(), alike)]
    page = render_template("claims/add.html", form=form, rows=rows, labels=labels)
    return page, 422 if request.method == "POST" else 200


def _alike(form: AddForm) -> list[Organisation]:
    """Return the entries in sight with this number, or a name that is taken for this one."""
    found = directory.resembling([form.name.data or ""], form.country.data or "")
    pair = _number(form.number.data or "")
    if pair:
        found = directory.find(directory.Typed(directory.NUMBER, pair[1], pair[0])) + found
    seen = [item for item in {item.id: item for item in found}.values() if item.hidden_at is None]
    return organisations.in_sight(seen)


def _number(text: str) -> tuple[str, str] | None:
    """Return the scheme and value of a typed number, None for none. Raises Invalid."""
    if not text.strip():
        return None
    typed = directory.read(text)
    if typed.kind != directory.NUMBER:
        told = _("%(value)s is no OID or PIC, such as E10012345 or 999912345.")
        raise Invalid(told % {"value": text.strip()[:40]}, field="number")
    return typed.scheme, typed.value


def _add(ctx: Context, form: AddForm) -> Organisation:
    pair = _number(form.number.data or "")
    names = ("name", "country", "type", "city", "website")
    with db.transaction():
        values: dict[str, Any] = {key: form[key].data or "" for key in names}
        made = service.create_organisation(ctx, **values)
        if pair:
            try:
                directory.add_identifier(ctx, made, scheme=pair[0], value=pair[1])
            except (Invalid, Conflict) as error:
                raise Invalid(error.message, field="number") from None
    return made


# On the organisation's own page


def section(ctx: Context, organisation: Organisation) -> str:
    """Return what its own page says of its verification and of decisions about it."""
    return render_template(
        "claims/section.html",
        organisation=organisation,
        verified=directory.verified_text(_verified(organisation)),
        cases=queries.about(organisation.id),
        may_verify=policy.may_be_verified(ctx, organisation),
        labels=labels,
    )


def _verified(organisation: Organisation) -> str:
    row = OrganisationFact
    found = row.get_or_none(
        (row.organisation == organisation.id) & (row.name == directory.VERIFIED_FACT)
    )
    return str(found.value) if found and organisation.state == VERIFIED else ""


def first_steps(ctx: Context) -> list[dict[str, Any]]:
    """Return the steps to one's own organisation and to its badge, with whether they are done."""
    own = [item.organisation for item in organisations.mine(ctx)]
    real = [item for item in own if item.state != VERIFIED and not item.is_fictional]
    first = next((item for item in real if policy.may_be_verified(ctx, item)), None)
    find = {
        "order": 10,
        "title": _("Find your organisation"),
        "text": _("Type its OID, PIC or name. If it is listed, claim it; if not, add it."),
        "url": plugin_url("claims.find"),
        "link": _("Find your organisation"),
        "done": bool(own),
    }
    verify = {
        "order": 60,
        "title": _("Have it verified"),
        "text": _("Partners see beside your name how and when you proved who you are."),
        "url": plugin_url("claims.verify", slug=first.slug) if first else "",
        "link": _("Show your proof"),
        "done": any(item.state == VERIFIED for item in own),
    }
    is_made_up = bool(own) and all(item.is_fictional for item in own)
    return [find] if is_made_up else [find, verify]
