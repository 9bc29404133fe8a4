"""Mails that came back: one's own address, and all of them in Site Setup."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.notices import bounces as service
from plugins.notices import queries
from plugins.notices.views.base import blueprint, number
from plugins.setup.interface import as_csv, page
from portal.i18n import _
from portal.web.access import ADMIN, SIGNED_IN, allow
from portal.web.heartbeat import context

MOST_EXPORTED = 10_000


@blueprint.get("/account/address")
@allow(SIGNED_IN, owner="own account")
def address() -> ResponseReturnValue:
    """Say whether mails to one come back, and what to do."""
    bounce = queries.own_bounce(context().actor.account_id or 0)
    return render_template("notices/address.html", bounce=bounce)


@blueprint.post("/account/address")
@allow(SIGNED_IN, owner="own account")
def resume() -> ResponseReturnValue:
    """Say that one's address works."""
    service.clear_own(context())
    flash(_("Mails go to your address again."))
    return redirect(url_for(".address"), 303)


@blueprint.get("/setup/bounces")
@allow(ADMIN)
def bounce_list() -> ResponseReturnValue:
    """List addresses from which mails came back, newest first."""
    if request.args.get("format") == "csv":
        heads = [_("Address"), _("State"), _("Code"), _("Reason"), _("Since"), _("Last one")]
        rows, _following = queries.bounces(None, MOST_EXPORTED)
        return as_csv(
            "bounces",
            heads,
            (
                (row.address, _state(row.stopped_at)[0], row.status, row.said,
                 row.first_at.isoformat(), row.last_at.isoformat())
                for row in rows
            ),
        )  # fmt: skip
    before = number(request.args.get("before", ""))
    rows, following = queries.bounces(before)
    return page(
        "notices/bounces.html",
        _("Bounces"),
        rows=[(row, _state(row.stopped_at)) for row in rows],
        first_url=url_for(".bounce_list") if before else None,
        next_url=url_for(".bounce_list", before=following) if following else None,
    )


def _state(stopped_at: object) -> tuple[str, str]:
    return (_("no more mails"), "bad") if stopped_at else (_("counted"), "warn")


@blueprint.post("/setup/bounces/<int(max=2147483647):number>/clear")
@allow(ADMIN)
def clear(number: int) -> ResponseReturnValue:
    """Let mails go to an address again."""
    said = service.clear(context(), number)
    flash(_("Mails go to %(address)s again.", address=said))
    return redirect(url_for(".bounce_list"), 303)
