"""The pages of tasks, the buttons of workflows, and who has which role on an object."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.tasks import labels, queries, service, sharing
from plugins.tasks.forms import ShareForm
from portal import objects, permissions, undo, workflow
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.people.models import Account
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("tasks", __name__)


@blueprint.get("/tasks")
@allow(SIGNED_IN, owner="lists what waits for the person")
def task_list() -> ResponseReturnValue:
    """List what waits for the person, promised first."""
    ctx = context()
    return render_template("tasks/tasks.html", tasks=queries.tasks(ctx), now=ctx.clock.now())


@blueprint.post("/tasks/<name>/<public_id>/<any(take, give_back):act>")
@allow(SIGNED_IN, owner="those who may decide the review; others get 404")
def take(name: str, public_id: str, act: str) -> ResponseReturnValue:
    """Say that the person looks after a review, or give it back."""
    service.take(context(), objects.find(name, public_id), act == "take")
    return redirect(url_for(".task_list"), 303)


@blueprint.post("/workflow/<name>/<public_id>/<step>")
@allow(SIGNED_IN, owner="the roles that the workflow's state names; others get 404 or 403")
def move(name: str, public_id: str, step: str) -> ResponseReturnValue:
    """Take a step of an object's workflow."""
    ctx, obj = context(), objects.find(name, public_id)
    version = request.form.get("version", "")
    workflow.move(
        ctx,
        obj,
        step,
        request.form.get("comment", ""),
        int(version) if version.isdecimal() and len(version) < 10 else None,
    )
    flash(_("Done."))
    is_seen = permissions.may(ctx, "view", obj)
    return redirect(objects.type_of(obj).url(obj) if is_seen else url_for(".task_list"), 303)


@blueprint.route("/sharing/<name>/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="those who may share the object; others get 404 or 403")
def share(name: str, public_id: str) -> ResponseReturnValue:
    """Show who has which role on an object, and give somebody one."""
    ctx, obj = _shared(name, public_id)
    kind = objects.type_of(obj)
    form = ShareForm(kind, request.form)
    if request.method == "POST" and form.validate():
        try:
            who = service.principal(ctx, form.who.data or "")
            day = service.end_of(form.expires_at.data)
            sharing.share(ctx, obj, who, form.role.data or "", day)
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("%(name)s has the role now.", name=who.name))
            return redirect(request.path, 303)
    page = render_template(
        "tasks/sharing.html",
        form=form,
        kind=kind,
        object=obj,
        shares=[_row(item) for item in sharing.shares(obj)],
        parent=_parent(ctx, obj),
        now=ctx.clock.now(),
        labels=labels,
    )
    return page, 422 if request.method == "POST" else 200


@blueprint.post("/sharing/<name>/<public_id>/<int(max=9223372036854775807):number>/take-back")
@allow(SIGNED_IN, owner="those who may share the object; others get 404 or 403")
def take_back(name: str, public_id: str, number: int) -> ResponseReturnValue:
    """Take a role on an object back; the page that follows offers to undo it."""
    ctx, obj = _shared(name, public_id)
    gone = [item for item in sharing.shares(obj) if item.id == number]
    sharing.unshare(ctx, obj, number)
    for item in gone:
        sentence = _("The role is taken back from %(who)s.", who=_row(item)["name"])
        again: dict[str, Any] = {
            "of": f"{name}/{public_id}",
            "account_id": item.account.id if item.account else 0,
            "organisation_id": item.organisation.id if item.organisation else 0,
            "role": item.role,
            "until": item.expires_at.isoformat() if item.expires_at else "",
        }
        undo.offer(ctx, sentence, "tasks.share_again", **again)
    return redirect(url_for(".share", name=name, public_id=public_id), 303)


@blueprint.post("/sharing/<name>/<public_id>/<any(inherit, stop):act>")
@allow(SIGNED_IN, owner="those who may share the object; others get 404 or 403")
def inherit(name: str, public_id: str, act: str) -> ResponseReturnValue:
    """Let what is shared on the parent hold here, or not."""
    ctx, obj = _shared(name, public_id)
    sharing.inherit(ctx, obj, act == "inherit")
    return redirect(url_for(".share", name=name, public_id=public_id), 303)


def _shared(name: str, public_id: str) -> tuple[Any, Any]:
    ctx, obj = context(), objects.find(name, public_id)
    permissions.check(ctx, "share", obj)
    if not objects.type_of(obj).shareable:
        raise NotFound
    return ctx, obj


def _row(item: Any) -> dict[str, Any]:
    """Return a line of the page; `who` is what would have to be typed for it."""
    person: Account | None = item.account
    organisation: Organisation | None = item.organisation
    return {
        "id": item.id,
        "name": person.name if person else organisation.name if organisation else "",
        "is_organisation": person is None,
        "who": person.email if person else organisation.slug if organisation else "",
        "role": item.role,
        "expires_at": item.expires_at,
        "until": item.expires_at.date().isoformat() if item.expires_at else "",
    }


def _parent(ctx: Any, obj: Any) -> dict[str, Any] | None:
    """Return what the parent hands down, for those who may see it there."""
    kind = objects.type_of(obj)
    above = objects.types().get(kind.parent[0]) if kind.parent else None
    row = getattr(obj, kind.parent[1]) if kind.parent and above and above.shareable else None
    if row is None or above is None:
        return None
    is_known = permissions.may(ctx, "share", row)
    return {
        "label": above.label(row),
        "is_on": sharing.inherits(obj),
        "shares": [_row(item) for item in sharing.shares(row)] if is_known else None,
    }


def _share_again(
    ctx: Context, of: str, account_id: int, organisation_id: int, role: str, until: str
) -> None:
    obj = objects.find(*of.split("/"))
    permissions.check(ctx, "share", obj)
    model: Any = Account if account_id else Organisation
    whom = model.get_or_none(model.id == (account_id or organisation_id))
    if whom is None:
        raise NotFound
    sharing.share(ctx, obj, whom, role, datetime.fromisoformat(until) if until else None)


undo.register("tasks.share_again", _share_again)
