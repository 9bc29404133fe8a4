"""The page of first steps, and what the home page shows of them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from plugins.welcome import labels, queries, rules, service
from portal.context import Context
from portal.i18n import _
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("welcome", __name__, url_prefix="/welcome")


@blueprint.get("")
@allow(SIGNED_IN, owner="what the person chose")
def index() -> ResponseReturnValue:
    """Show the steps to what the person came for, or ask what that is."""
    ctx = context()
    chosen, aims = queries.choice(ctx), queries.aims(ctx)
    aim = chosen.aim if chosen and chosen.aim in aims else ""
    return render_template(
        "welcome/index.html",
        aim=aim,
        aims=aims,
        steps=aims.get(aim, []),
        next_step=rules.next_step(aims.get(aim, [])),
        is_dismissed=bool(chosen and chosen.dismissed_at),
        labels=labels,
    )


@blueprint.post("")
@allow(SIGNED_IN, owner="what the person chose")
def choose() -> ResponseReturnValue:
    """Keep what the person came for."""
    service.choose(context(), request.form.get("aim", ""))
    return redirect(url_for(".index"), 303)


@blueprint.post("/<any(dismiss, resume):act>")
@allow(SIGNED_IN, owner="what the person chose")
def switch(act: str) -> ResponseReturnValue:
    """Put the steps away, or show them on the home page again."""
    if act == "resume":
        service.resume(context())
        return redirect(url_for(".index"), 303)
    service.dismiss(context())
    flash(_("The first steps are put away. You find them in the menu of your account."))
    return redirect("/", 303)


def section(ctx: Context) -> Markup | None:
    """Return what the home page shows of the steps; nothing once they are put away or done."""
    chosen = queries.choice(ctx)
    if chosen is not None and chosen.dismissed_at:
        return None
    steps = queries.steps(ctx, chosen.aim) if chosen and chosen.aim else []
    if steps and all(step.done for step in steps):
        return None
    aims = {} if steps else queries.aims(ctx)
    if not steps and not aims:
        return None
    shown = render_template(
        "welcome/home.html",
        aim=chosen.aim if chosen else "",
        aims=aims,
        steps=steps,
        next_step=rules.next_step(steps),
        labels=labels,
    )
    return Markup(shown)  # noqa: S704  rendered with escaping


def greet() -> None:
    """Tell somebody who signs in for the first time where to begin."""
    link = Markup('<a href="%s">%s</a>') % (
        url_for("welcome.index"),
        _("Say what you came for"),
    )
    told = Markup(_("Welcome. %(link)s, and a few steps lead you there.")) % {"link": link}  # noqa: S704
    flash(told)
