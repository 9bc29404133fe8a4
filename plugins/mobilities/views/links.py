"""Pages behind mailed links: for participants, guardians and workplaces, on a phone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.links.interface import Link, find
from plugins.mobilities import linking, pages
from plugins.mobilities.steps import PARTICIPANT
from portal import settings
from portal.errors import Invalid
from portal.i18n import _, best_locale, set_locale
from portal.people.views import keep_nothing, to
from portal.web.access import ANYONE, allow
from portal.web.language import COOKIE

link = Blueprint("mobilities_link", __name__, url_prefix="/stay")
link.after_request(keep_nothing)
WHO = "whoever has the mailed link; nothing of other people is shown"


def _opened(token: str, purpose: str) -> Link:
    """Return the link of an address, and speak its language unless another was chosen."""
    found = find(g.ctx, token, purpose)
    if "lang" not in request.args and not request.cookies.get(COOKIE):
        code = best_locale([found.language], tuple(settings.of()["languages"]))
        if code:
            set_locale(code)
            g.locale, g.ctx = code, replace(g.ctx, locale=code)
    return found


@link.get("/<token>")
@allow(ANYONE, owner=WHO)
def person(token: str) -> ResponseReturnValue:
    """Show a participant, or a guardian, what comes next."""
    return _person(token, "")


def _person(token: str, problem: str, text: str = "") -> ResponseReturnValue:
    opened = _opened(token, linking.PERSON)
    row, place, mobility = linking.person_of(g.ctx, opened)
    is_guardian = opened.role != PARTICIPANT
    values: dict[str, Any] = {
        **pages.for_person(g.ctx, row, place, mobility, is_guardian=is_guardian),
        "alarms": linking.alarms_of(row, by_guardian=is_guardian),
    }
    status = 422 if problem else 200
    return (
        render_template(
            "mobilities/person.html", token=token, problem=problem, text=text, **values
        ),
        status,
    )


@link.post("/<token>/steps/<key>")
@allow(ANYONE, owner=WHO)
def did(token: str, key: str) -> ResponseReturnValue:
    """Note that a participant did their part of a step."""
    linking.did(g.ctx, _opened(token, linking.PERSON), key)
    flash(_("Done."))
    return to(url_for(".person", token=token))


@link.post("/<token>/wrong")
@allow(ANYONE, owner=WHO)
def wrong(token: str) -> ResponseReturnValue:
    """Tell the sending side's contact that something is wrong."""
    text = request.form.get("text", "")
    try:
        linking.raise_alarm(g.ctx, _opened(token, linking.PERSON), text)
    except Invalid as error:
        return _person(token, error.message, text)
    flash(_("Your message is on its way. Only one person of the sending organisation reads it."))
    return to(url_for(".person", token=token))


@link.get("/work/<token>")
@allow(ANYONE, owner=WHO)
def workplace(token: str) -> ResponseReturnValue:
    """Show a workplace what is expected of it."""
    opened = _opened(token, linking.WORK)
    place, mobility = linking.place_of(g.ctx, opened)
    values = pages.for_workplace(g.ctx, place, mobility)
    return render_template("mobilities/work.html", token=token, **values)


@link.post("/work/<token>/steps/<key>")
@allow(ANYONE, owner=WHO)
def did_at_work(token: str, key: str) -> ResponseReturnValue:
    """Note that a workplace did its part of a step."""
    linking.did_at_work(g.ctx, _opened(token, linking.WORK), key)
    flash(_("Done."))
    return to(url_for(".workplace", token=token))
