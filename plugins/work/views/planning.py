"""The plan itself: on and off, packages, what a former member left."""

from __future__ import annotations

from typing import Any

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE, LEAD, LEADS, STRANGERS, spend
from plugins.partners.interface import respond
from plugins.work import forms, labels, queries, report, service
from plugins.work.models import DONE, Package
from plugins.work.views.base import BASE, MANAGERS, back, blueprint, find, led, managed, page, today
from portal import undo
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _, money, ngettext
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.get(BASE)
@allow(SIGNED_IN, owner=STRANGERS)
def plan(slug: str) -> ResponseReturnValue:
    """Show what is planned; the lead of a plan that is off may switch it on."""
    seen = consortia.find(g.ctx, slug)
    if not queries.is_on(seen.id):
        if seen.part != LEAD:
            raise queries.missing()
        return page(seen, "off")
    everything = queries.whole(seen.id)
    active = {item.organisation_id for item in consortia.members(seen, ACTIVE)}
    late = [row for row in everything.all if labels.is_late(row, today())]
    return page(
        seen,
        "plan",
        packages=[
            {
                "row": row,
                "number": labels.number(row),
                "days": labels.days(row.starts_on, row.ends_on),
                "may": service.manages(g.ctx, seen, row),
                "items": [_line(item) for item in everything.items[row.id]],
                "done": sum(item.state == DONE for item in everything.items[row.id]),
            }
            for row in everything.packages
        ],
        chart=labels.chart(everything, today()),
        late=late,
        left=sorted(queries.orphans(seen.id, active).items()) if seen.part == LEAD else [],
        outside=service.outside(seen, everything),
        active=active,
        money=money,
    )


def _line(item: Any) -> dict[str, Any]:
    return {
        "row": item,
        "kind": labels.kind(item.kind),
        "days": labels.days(item.starts_on, item.ends_on),
        "state": labels.state(item, today()),
    }


@blueprint.post(f"{BASE}/switch")
@allow(SIGNED_IN, owner=LEADS)
def switch(slug: str) -> ResponseReturnValue:
    """Use the work plan, or hide it."""
    seen = consortia.led(g.ctx, slug)
    is_on = request.form.get("is_on") == "yes"
    service.switch(g.ctx, seen, is_on)
    flash(
        _("The work plan is on. Add a work package.")
        if is_on
        else _("The work plan is off. Nothing of it is lost; switch it on again when you need it.")
    )
    return back(seen)


@blueprint.get(f"{BASE}.csv")
@allow(SIGNED_IN, owner=STRANGERS)
def plan_csv(slug: str) -> ResponseReturnValue:
    """Give the plan as a sheet."""
    seen = find(slug)
    parts = [(_("Plan"), queries.whole(seen.id).all)]
    return respond("csv", f"work-{seen.slug}", report.heads(), report.rows(parts, today()))


@blueprint.route(f"{BASE}/packages/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def new_package(slug: str) -> ResponseReturnValue:
    """Add a work package."""
    seen = led(slug)
    form = forms.PackageForm(request.form or None, members=consortia.members(seen, ACTIVE))
    if request.method == "POST" and form.validate():
        spend()
        try:
            service.add_package(g.ctx, seen, form.values())
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The work package is there. Add what has to be done in it."))
            return back(seen)
    status = 422 if request.method == "POST" else 200
    return page(seen, "package", status, form=form, package=None)


@blueprint.route(f"{BASE}/packages/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=MANAGERS)
def package(slug: str, public_id: str) -> ResponseReturnValue:
    """Change a work package."""
    seen = find(slug)
    row = queries.package(seen.id, public_id)
    managed(seen, row)
    members = consortia.members(seen, ACTIVE)
    form = forms.PackageForm(request.form or None, members=members, row=row)
    if request.method == "POST" and form.validate():
        spend()
        try:
            service.change_package(g.ctx, seen, row, form.values(), form.version.data or None)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            now = forms.PackageForm(members=members, row=Package.get_by_id(row.id))
            error.forms = form, now, None, seen.is_fictional
            raise
        else:
            flash(_("The work package is saved."))
            return back(seen)
    status = 422 if request.method == "POST" else 200
    return page(seen, "package", status, form=form, package=row)


@blueprint.post(f"{BASE}/packages/<public_id>/remove")
@allow(SIGNED_IN, owner=LEADS)
def remove_package(slug: str, public_id: str) -> ResponseReturnValue:
    """Take a work package away, with what it holds."""
    seen = led(slug)
    spend()
    row = queries.package(seen.id, public_id)
    service.remove_package(g.ctx, seen, row)
    said = _("The work package was taken away, with what it held: %(title)s", title=row.title)
    undo.offer(g.ctx, said, "work.package", consortium=seen.public_id, public_id=row.public_id)
    return back(seen)


undo.register("work.package", service.restore_package)


@blueprint.route(f"{BASE}/hand-over/<int:number>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def hand_over(slug: str, number: int) -> ResponseReturnValue:
    """Give what a former member carried to another one."""
    seen = led(slug)
    members = consortia.members(seen, ACTIVE)
    left = queries.orphans(seen.id, {item.organisation_id for item in members}).get(number)
    if left is None:
        raise NotFound(_("Nothing is left over from this organisation."))
    form = forms.HandOverForm(request.form or None, members=members)
    if request.method == "POST" and form.validate():
        spend()
        try:
            count = service.hand_over(g.ctx, seen, number, form.member.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(ngettext("%(num)s piece changed hands.", "%(num)s pieces changed hands.", count))
            return back(seen)
    status = 422 if request.method == "POST" else 200
    return page(
        seen,
        "hand_over",
        status,
        form=form,
        who=left[0] or _("nobody"),
        facts=[
            (_("Open work"), str(left[1])),
            (_("Work packages it leads"), str(left[2])),
            (_("Shares of the budget"), money(left[3])),
        ],
    )
