"""Tasks, milestones and deliverables: one of them, new ones, steps."""

from __future__ import annotations

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE, STRANGERS, Seen, spend
from plugins.work import forms, items, labels, queries, rules, service
from plugins.work.models import Item, Package
from plugins.work.views.base import BASE, MANAGERS, back, blueprint, find, managed, page, today
from plugins.work.workflow import OPEN
from portal import permissions, undo, workflow
from portal.errors import Conflict, Invalid
from portal.fields import shown_version
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


def _form(seen: Seen, typed: bool, row: Item | None = None, kind: str = "task") -> forms.ItemForm:
    everything = queries.whole(seen.id)
    return forms.ItemForm(
        request.form if typed else None,
        members=consortia.members(seen, ACTIVE),
        others=[item for item in everything.all if row is None or item.id != row.id],
        row=row,
        needs=labels.needed(everything, row) if row else (),
        kind=kind if kind in rules.KINDS else "task",
    )


@blueprint.route(f"{BASE}/packages/<public_id>/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=MANAGERS)
def new_item(slug: str, public_id: str) -> ResponseReturnValue:
    """Add a piece of work to a package."""
    seen = find(slug)
    package: Package = queries.package(seen.id, public_id)
    managed(seen, package)
    form = _form(seen, bool(request.form), kind=request.args.get("kind", ""))
    if request.method == "POST" and form.validate():
        spend()
        try:
            items.add(g.ctx, seen, package, form.values())
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("It is in the plan."))
            return back(seen)
    status = 422 if request.method == "POST" else 200
    return page(seen, "new", status, form=form, package=package, number=labels.number(package))


@blueprint.get(f"{BASE}/items/<public_id>")
@allow(SIGNED_IN, owner=STRANGERS)
def item(slug: str, public_id: str) -> ResponseReturnValue:
    """Show a piece of work, with the steps that the person may take."""
    seen = find(slug)
    row = queries.item(seen.id, public_id)
    everything = queries.whole(seen.id)
    later = {key for key, wanted in everything.needs.items() if row.id in wanted}
    return page(
        seen,
        "item",
        row_of_work=row,
        kind=labels.kind(row.kind),
        number=labels.number(row.package),
        days=labels.days(row.starts_on, row.ends_on),
        item_state=labels.state(row, today()),
        done_on=rules.shown(row.done_on) if row.done_on else "",
        first=[(one, labels.state(one, today())) for one in labels.needed(everything, row)],
        later=[(one, labels.state(one, today())) for one in everything.all if one.id in later],
        is_member=row.owner_id in {one.organisation_id for one in consortia.members(seen, ACTIVE)},
        flow=workflow.panel(g.ctx, row),
        may_edit=row.state in OPEN and service.manages(g.ctx, seen, row.package),
        may_remove=service.manages(g.ctx, seen, row.package),
    )


@blueprint.route(f"{BASE}/items/<public_id>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=MANAGERS)
def edit_item(slug: str, public_id: str) -> ResponseReturnValue:
    """Change a piece of work."""
    seen = find(slug)
    row = queries.item(seen.id, public_id)
    managed(seen, row.package)
    form = _form(seen, bool(request.form), row)
    if request.method == "POST" and form.validate():
        spend()
        try:
            items.change(g.ctx, seen, row, form.values(), form.version.data or None)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            error.forms = (
                form,
                _form(seen, False, queries.item(seen.id, public_id)),
                None,
                seen.is_fictional,
            )
            raise
        else:
            flash(_("It is saved."))
            return back(seen, f"/items/{row.public_id}")
    status = 422 if request.method == "POST" else 200
    return page(seen, "edit", status, form=form, item=row, number=labels.number(row.package))


@blueprint.post(f"{BASE}/items/<public_id>/<any(begin, finish, drop, reopen):step>")
@allow(
    SIGNED_IN,
    owner="who writes for the member that carries it, or manages; members 403, others 404",
)
def take_step(slug: str, public_id: str, step: str) -> ResponseReturnValue:
    """Begin, finish, drop, open again."""
    seen = find(slug)
    spend()
    row = queries.item(seen.id, public_id)
    permissions.check(g.ctx, "do", row)
    version = shown_version()
    workflow.move(g.ctx, row, step, request.form.get("comment", ""), version)
    flash(_("Done."))
    return back(seen, f"/items/{row.public_id}")


@blueprint.post(f"{BASE}/items/<public_id>/remove")
@allow(SIGNED_IN, owner=MANAGERS)
def remove_item(slug: str, public_id: str) -> ResponseReturnValue:
    """Take a piece of work away."""
    seen = find(slug)
    spend()
    row = queries.item(seen.id, public_id)
    items.remove(g.ctx, seen, row)
    said = _("This was taken away: %(title)s", title=row.title)
    undo.offer(g.ctx, said, "work.item", consortium=seen.public_id, public_id=row.public_id)
    return back(seen)


undo.register("work.item", items.restore)
