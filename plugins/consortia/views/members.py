"""Members: who belongs, who is invited; inviting, reminding, answering, leaving; as files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from flask import Response, flash, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from plugins.consortia import contacts, describing, forms, inviting, labels, queries, rules, service
from plugins.consortia.models import ACTIVE, Membership
from plugins.consortia.queries import Found
from plugins.consortia.views.base import LEADS, STRANGERS, back, blueprint, find, led, page, spend
from plugins.partners.interface import respond
from portal import permissions, workflow
from portal.errors import Invalid, NotFound
from portal.i18n import _, ngettext
from portal.people.forms import mark
from portal.web.access import ANYONE, SIGNED_IN, allow

MOST_FILE = 200_000
STEPS = "any(accept, decline, take_back, admit, refuse, withdraw, leave, end, invite, apply):step"
HEADS = ("organisation", "country", "role", "parts", "state", "joined_on", "left_on")


@blueprint.get("/consortia/<slug>/members")
@allow(SIGNED_IN, owner=STRANGERS)
def members(slug: str) -> ResponseReturnValue:
    """List everybody who belongs, is invited, asked to join or has left."""
    found = find(slug, "inside", "run")
    return _members(found, forms.InviteForm(**_asked()))


def _asked() -> dict[str, Any]:
    """Return whom another page wants to have invited, for the form."""
    return {"data": {"list": request.args.get("list", "")[:4_000]}}


def _members(
    found: Found, form: forms.InviteForm, results: Any = (), status: int = 200
) -> ResponseReturnValue:
    named = contacts.named(found.row.id)
    asked, silent = queries.waiting_count(found.row)
    rows: list[dict[str, Any]] = [
        {
            "member": row,
            "state": labels.member_state(row.state),
            "role": labels.role(row.role, row.organisation_id == found.row.lead_id),
            "parts": ", ".join(labels.part(key) for key in row.parts),
            "days": labels.period(row.joined_on, row.left_on),
            "contacts": _titled(named.get(row.id, {})),
        }
        for row in queries.members(found.row)
    ]
    groups = [
        (key, title, [item for item in rows if item["member"].state == key])
        for key, title in labels.groups()
    ]
    return page(  # type: ignore[no-any-return]
        "members",
        found,
        "members",
        status,
        groups=[group for group in groups if group[2]],
        form=form,
        results=results,
        asked=asked,
        silent=silent,
    )


def _titled(named: Mapping[str, str]) -> list[tuple[Any, str]]:
    return [(contacts.ROLES[role], name) for role, name in named.items()]


@blueprint.post("/consortia/<slug>/members/invite")
@allow(SIGNED_IN, owner=LEADS, rate="consortia")
def invite(slug: str) -> ResponseReturnValue:
    """Invite one or many; lines that can't be taken stay in the form, each with the reason."""
    found = led(slug)
    form = forms.InviteForm(request.form)
    try:
        if not form.validate():
            return _members(found, form, status=422)
        lines = rules.read_list(_typed(form))
        if not lines:
            raise Invalid(_("Write at least one organisation."), field="list")
        results = inviting.invite_all(
            g.ctx, found.row, lines, form.message.data or "", form.parts.data or []
        )
    except Invalid as error:
        mark(form, error)
        return _members(found, form, status=422)
    wrong = [item for item in results if item.invited is None]
    invited = len(results) - len(wrong)
    if invited:
        flash(
            ngettext(
                "%(num)s organisation is invited.", "%(num)s organisations are invited.", invited
            )
        )
    if not wrong:
        return back(found, "members")
    form.list.data = "\n".join(item.line.text for item in wrong)
    return _members(found, form, wrong, 422)


def _typed(form: forms.InviteForm) -> str:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return form.list.data or ""
    raw = sent.stream.read(MOST_FILE + 1)
    if len(raw) > MOST_FILE:
        raise Invalid(_("This file is too large. Take at most 200 lines."), field="file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


@blueprint.post("/consortia/<slug>/members/remind")
@allow(SIGNED_IN, owner=LEADS, rate="consortia")
def remind(slug: str) -> ResponseReturnValue:
    """Remind those who have not answered."""
    found = led(slug)
    count = inviting.remind(g.ctx, found.row)
    flash(
        ngettext("%(num)s organisation is reminded.", "%(num)s organisations are reminded.", count)
    )
    return back(found, "members")


@blueprint.post(f"/consortia/<slug>/members/<public_id>/<{STEPS}>")
@allow(SIGNED_IN, owner="those whom the membership's state names; others get 404 or 403")
def take_member_step(slug: str, public_id: str, step: str) -> ResponseReturnValue:
    """Accept, decline, admit, leave and so on."""
    spend()
    row = _membership(slug, public_id)
    workflow.move(g.ctx, row, step, request.form.get("comment", ""))
    flash(_("Done."))
    try:
        return back(find(slug), "members" if permissions.may(g.ctx, "admit", row) else "")
    except NotFound:
        return redirect("/consortia", 303)


def _membership(slug: str, public_id: str) -> Membership:
    """Return a membership; the organisation's own people need not see the consortium."""
    row: Membership | None = Membership.get_or_none(Membership.public_id == public_id)
    if (
        row is None
        or row.consortium.slug != slug
        or not permissions.granted(g.ctx, row, ["view", "answer", "admit"])
    ):
        raise queries.missing()
    return row


@blueprint.route("/consortia/<slug>/members/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="those who write for the lead or the member; others get 404")
def member(slug: str, public_id: str) -> ResponseReturnValue:
    """Say what a member is formally, what it does and whom to write to; the lead ends it here."""
    found, row, have = _open(slug, public_id)
    form = forms.MemberForm(request.form or None, row=row)
    if request.method == "POST" and form.validate():
        spend()
        try:
            service.describe(g.ctx, row, form.role.data or "", form.parts.data or [])
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Saved."))
            return back(found, "members")
    status = 422 if request.method == "POST" else 200
    return _member(found, row, have, form, forms.ContactsForm(row=row), status)


def _open(slug: str, public_id: str) -> tuple[Found, Membership, set[str]]:
    """Return a member with what the actor may do with it. Raises NotFound for nothing."""
    found = find(slug, "inside", "run")
    row = queries.membership(found.row, public_id)
    have = permissions.granted(g.ctx, row, ["admit", "answer"])
    if not have:
        raise queries.missing()
    return found, row, have


def _member(
    found: Found,
    row: Membership,
    have: Collection[str],
    form: forms.MemberForm,
    people: forms.ContactsForm,
    status: int,
) -> ResponseReturnValue:
    return page(  # type: ignore[no-any-return]
        "member",
        found,
        "members",
        status,
        member=row,
        form=form,
        people=people if "answer" in have and row.state == ACTIVE else None,
        contacts=_titled(contacts.named(found.row.id).get(row.id, {})),
        flow=workflow.panel(g.ctx, row),
        is_lead=row.organisation_id == found.row.lead_id,
        admits="admit" in have,
        member_state=labels.member_state(row.state),
        days=labels.period(row.joined_on, row.left_on),
    )


@blueprint.post("/consortia/<slug>/members/<public_id>/contacts")
@allow(SIGNED_IN, owner="those who write for the member; the lead gets 403, others 404")
def set_contacts(slug: str, public_id: str) -> ResponseReturnValue:
    """Say whom to write to at a member, and for what."""
    found, row, have = _open(slug, public_id)
    permissions.check(g.ctx, "answer", row)
    people = forms.ContactsForm(request.form, row=row)
    if people.validate():
        spend()
        try:
            describing.set_contacts(g.ctx, row, people.data)
        except Invalid as error:
            mark(people, error)
        else:
            flash(_("Saved."))
            return back(found, "members")
    return _member(found, row, have, forms.MemberForm(row=row), people, 422)


@blueprint.post("/consortia/<slug>/members/<public_id>/ask-contact")
@allow(SIGNED_IN, owner="those who write for the lead; the member gets 403, others 404")
def ask_contact(slug: str, public_id: str) -> ResponseReturnValue:
    """Ask a member to say whom to write to."""
    spend()
    found, row, _have = _open(slug, public_id)
    describing.ask_contact(g.ctx, row)
    flash(_("The member is reminded."))
    return back(found, f"members/{row.public_id}")


@blueprint.get("/consortia/<slug>/members.csv")
@allow(ANYONE, owner="all states for members of the consortium, active ones for everybody")
def as_csv(slug: str) -> ResponseReturnValue:
    """Give the members as a CSV file."""
    found = find(slug)
    return sheet(f"members-{found.row.slug}", HEADS, [list(row.values()) for row in _listed(found)])


@blueprint.get("/consortia/<slug>/members.json")
@allow(ANYONE, owner="all states for members of the consortium, active ones for everybody")
def as_json(slug: str) -> ResponseReturnValue:
    """Give the members as JSON."""
    found = find(slug)
    row = found.row
    same = ("slug", "name", "kind", "state", "starts_on", "ends_on", "website", "fields")
    return jsonify(
        {name: getattr(row, name) for name in same}
        | {
            "demonstration": bool(row.is_fictional),
            "lead": row.lead.slug,
            "members": _listed(found),
        }
    )


def _listed(found: Found) -> list[dict[str, str]]:
    row = found.row
    rows = queries.members(row) if found.may("inside", "run") else queries.shown_members(row)
    return [
        {
            "organisation": item.organisation.name,
            "country": item.organisation.country,
            "role": "lead" if item.organisation_id == row.lead_id else item.role,
            "parts": ";".join(item.parts),
            "state": item.state,
            "joined_on": item.joined_on,
            "left_on": item.left_on,
        }
        for item in rows
    ]


def sheet(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table as a CSV file that no spreadsheet takes for a formula."""
    return respond("csv", name, heads, [[str(cell) for cell in row] for row in rows])


@blueprint.post("/consortia/<slug>/join")
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the chosen organisation", rate="consortia")
def join(slug: str) -> ResponseReturnValue:
    """Ask to join."""
    spend()
    found = find(slug)
    mine = service.own_organisations(g.ctx)
    form = forms.ApplyForm(request.form, organisations=mine)
    chosen = next((item for item in mine if item.slug == form.organisation.data), None)
    if chosen is None:
        raise Invalid(_("Choose one of your organisations."), field="organisation")
    service.apply(g.ctx, found.row, chosen, form.message.data or "")
    flash(_("The lead has your wish and will answer."))
    return back(found)
