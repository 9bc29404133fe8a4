"""People: search, roles, shutting out and letting in, sign-ins, mails to confirm."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import frame, labels, queries, service
from plugins.setup.views.base import blueprint
from portal.errors import NotFound
from portal.i18n import _, day
from portal.people.models import Account
from portal.people.rules import ROLES
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context


@blueprint.get("/people")
@allow(ADMIN)
def people() -> ResponseReturnValue:
    """List accounts, newest first."""
    chosen = {
        name: request.args.get(name, "").replace("\0", "").strip()[:120]
        for name in ("q", "role", "state")
    }
    query = queries.people(**chosen)
    if frame.wants("csv"):
        heads = [_("Name"), _("Address"), _("Role"), _("State"), _("Since")]
        rows = query.order_by(Account.id).limit(queries.MOST_EXPORTED)
        return frame.as_csv(
            "people",
            heads,
            ((r.name, r.email, r.role, _state(r)[0], r.created_at.date()) for r in rows),
        )
    rows, following = queries.paged(query, Account.id, frame.after())
    return frame.page(
        "setup/people.html",
        _("People"),
        rows=[(row, labels.role_name(row.role), _state(row)) for row in rows],
        next_url=frame.here(after=following) if following else None,
        first_url=frame.here(after=None) if frame.after() else None,
        csv_url=frame.here(format="csv", after=None),
        chosen=chosen,
        roles=[(role, labels.role_name(role)) for role in ROLES],
        states=[(key, name) for key, (name, _kind) in _states().items()],
    )


@blueprint.get("/people/<public_id>")
@allow(ADMIN)
def person(public_id: str) -> ResponseReturnValue:
    """Show one account and what can be done with it."""
    account = queries.person(public_id)
    return frame.page(
        "setup/person.html",
        account.name,
        [(_("People"), url_for(".people"))],
        account=account,
        role=labels.role_name(account.role),
        state=_state(account),
        devices=queries.devices(account),
        roles=[(role, labels.role_name(role)) for role in ROLES],
        since=day(account.created_at),
    )


@blueprint.post("/people/<public_id>/<act>")
@allow(ADMIN, fresh=True)
def person_act(public_id: str, act: str) -> ResponseReturnValue:
    """Change a role, shut out, let in, sign out, or send the mail to confirm once more."""
    account = queries.person(public_id)
    ctx, name = context(), account.name
    if act == "role":
        service.change_role(ctx, account, request.form.get("role", ""))
        said = _("%(name)s has another role and signs in anew.", name=name)
    elif act in {"disable", "enable"}:
        service.set_disabled(ctx, account, act == "disable")
        said = (
            _("%(name)s is shut out.", name=name)
            if act == "disable"
            else _("%(name)s may sign in again.", name=name)
        )
    elif act == "sign-out":
        service.end_sessions(ctx, account)
        said = _("%(name)s is signed out on all devices.", name=name)
    elif act == "resend":
        service.resend_verification(ctx, account.email)
        said = _("The mail to confirm the address is on its way.")
    else:
        raise NotFound
    flash(said)
    return redirect(url_for(".person", public_id=public_id), 303)


def _states() -> dict[str, tuple[str, str]]:
    return {
        "verified": (_("confirmed"), "ok"),
        "waiting": (_("not confirmed yet"), "warn"),
        "disabled": (_("shut out"), "bad"),
    }


def _state(row: Any) -> tuple[str, str]:
    key = "disabled" if row.disabled_at else "verified" if row.verified_at else "waiting"
    return _states()[key]
