"""The pages: from planning to the result, and who may open what."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from plugins.meetings import reminding, service
from plugins.meetings.models import Action, Decision, Meeting
from portal.clock import FixedClock
from portal.context import Context
from tests.factories import post, sign_in
from tests.plugins.meetings.conftest import DECISION, Circle
from tests.visiting import Visitor


def test_from_an_empty_page_to_minutes_actions_and_a_decision(
    app: Flask, known: Circle, ctx: Context, clock: FixedClock
) -> None:
    base = f"/consortia/{known.slug}"
    lead = sign_in(app.test_client(), known.lead.account)
    member = sign_in(app.test_client(), known.member.account)
    look, other = Visitor(lead), Visitor(member)
    assert "begin with a kick-off" in look(f"{base}/meetings").text
    assert "Most things need no vote" in look(f"{base}/decisions").text
    assert "Nothing is noted" in look(f"{base}/actions").text
    look(f"{base}/meetings/new")
    typed = known.values(day="2026-12-01", time="25:99", title="Kick <b>off")
    wrong = post(lead, f"{base}/meetings/new", **typed)
    assert wrong.status_code == 422 and 'value="Kick &lt;b&gt;off"' in wrong.text
    made = post(lead, f"{base}/meetings/new", **{**typed, "time": "10:00"})
    assert made.status_code == 303
    here = made.location
    shown = other(here).text
    assert "canary-room" in shown and "70 of 90 minutes" in shown
    assert post(member, here, answer="yes").status_code == 303
    assert "waits" not in other(f"{base}/meetings").text
    assert "1. Welcome" in look(f"{here}/minutes").text
    kept = post(lead, f"{here}/minutes", version="1", minutes="Draft words", what="keep")
    assert (
        kept.status_code == 303
        and "Draft words" not in Visitor(sign_in(app.test_client(), known.third.account))(here).text
    )
    both = post(member, f"{here}/minutes", version="1", minutes="My words", what="share")
    assert both.status_code == 409 and "My words" in both.text and "Draft words" in both.text
    assert (
        post(member, f"{here}/minutes", version="2", minutes="Final", what="share").status_code
        == 303
    )
    assert "Final" in look(here).text
    late = {"title": "Book", "organisation": known.member.organisation.slug, "due_on": "soon"}
    assert post(lead, f"{here}/actions", page=here, **late).status_code == 422
    assert (
        post(lead, f"{here}/actions", page=here, **{**late, "due_on": "2026-12-24"}).status_code
        == 303
    )
    noted = post(lead, f"{here}/decisions", page=here, **{"noted-title": "Agreed on it"})
    assert noted.status_code == 303 and "Agreed on it" in look(here).text
    with app.app_context():
        action = Action.get().public_id
    done = post(member, f"{base}/actions/{action}/done", page=f"{base}/actions")
    assert done.status_code == 303 and "Undo" in other(f"{base}/actions").text
    _decide(app, known, ctx, clock, lead, member)
    _announce(known, lead, member)
    for name in ("meetings", "actions", "decisions"):
        assert lead.get(f"{base}/{name}.csv").mimetype == "text/csv"
    off = post(lead, f"{base}/menu/meetings", page=f"{base}/meetings", on="0")
    assert off.status_code == 303 and "Only you see this page" in look(f"{base}/meetings").text
    other(f"{base}/meetings", 404)
    other(here, 404)


def _announce(known: Circle, lead: FlaskClient, member: FlaskClient) -> None:
    here = f"/consortia/{known.slug}/announcements"
    look, other = Visitor(lead), Visitor(member)
    assert "Nothing was announced yet" in look(here).text
    assert post(lead, here, title="Draft", text="").status_code == 422
    assert post(lead, here, title="Draft", text="Read <b>it").status_code == 303
    assert post(member, here, title="Mine", text="No").status_code == 403
    found = re.search(rf'action="({here}/[a-z0-9]+/read)"', other(here).text)
    assert found and "members have read it" not in other(here).text
    for _time in range(2):
        assert post(member, found[1], page="/account/notices").status_code == 303
    assert "1 of 3 members have read it. Not yet: Lead, Third" in look(here).text


def _decide(
    app: Flask,
    known: Circle,
    ctx: Context,
    clock: FixedClock,
    lead: FlaskClient,
    member: FlaskClient,
) -> None:
    base = f"/consortia/{known.slug}"
    look, other = Visitor(lead), Visitor(member)
    look(f"{base}/decisions/new")
    typed = {**DECISION, "day": "2026-11-27", "is_secret": ""}
    assert post(lead, f"{base}/decisions/new", **{**typed, "text": ""}).status_code == 422
    made = post(lead, f"{base}/decisions/new", **typed)
    assert made.status_code == 303
    here = made.location
    other(here)
    slug = known.member.organisation.slug
    assert post(member, here, organisation=slug, choice="object").status_code == 422
    for name in (slug, known.third.organisation.slug):
        sent = post(member, here, organisation=name, choice="yes")
        assert sent.status_code == (303 if name == slug else 403)
    assert "1 of 3 members have spoken" in look(here).text
    refused = post(lead, f"{here}/withdraw", page=here, reason="")
    assert refused.status_code == 422
    with app.app_context():
        clock.moment = Decision.get(Decision.title == DECISION["title"]).closes_at
    late = post(member, here, page="/account/notices", organisation=slug, choice="no")
    assert late.status_code == 409 and "It is too late" in late.text
    with app.app_context():
        reminding.look_after(ctx)
    assert "1 of 3 members took part, and 2 were needed" in look(here).text


def test_strangers_former_members_and_other_leads_see_and_do_nothing(
    app: Flask, known: Circle
) -> None:
    with app.app_context():
        row = known.plan()
        action = service.add_action(
            known.lead.ctx,
            known.seen(),
            row,
            {
                "title": "Book",
                "organisation": known.member.organisation.slug,
                "due_on": row.starts_at.date(),
            },
        )
        decision = known.put()
    base = f"/consortia/{known.slug}"
    meeting, question = f"meetings/{row.public_id}", f"decisions/{decision.public_id}"
    pages = [
        "announcements",
        "meetings",
        "meetings.csv",
        "actions",
        "actions.csv",
        "decisions",
        "decisions.csv",
    ]
    pages += [meeting, question]
    lead_only = ["meetings/new", f"{meeting}/edit", "decisions/new"]
    deeds = [
        f"{meeting}/guests",
        f"{meeting}/guests/x/remove",
        f"{meeting}/cancel",
        f"{question}/withdraw",
        "menu/meetings",
        "menu/decisions",
    ]
    for side in (known.former, known.other, known.stranger):
        client = sign_in(app.test_client(), side.account)
        for name in [*pages, *lead_only, f"{meeting}/minutes"]:
            answer = client.get(f"{base}/{name}")
            assert answer.status_code == 404 and "canary" not in answer.text, name
        for name in [
            *deeds,
            meeting,
            question,
            f"{meeting}/minutes",
            f"actions/{action.public_id}/done",
        ]:
            answer = post(
                client, f"{base}/{name}", page="/account/notices", reason="x", answer="yes"
            )
            assert answer.status_code == 404, name
    third = sign_in(app.test_client(), known.third.account)
    assert {third.get(f"{base}/{name}").status_code for name in pages} == {200}
    assert {third.get(f"{base}/{name}").status_code for name in lead_only} == {403}
    for name in [*deeds, f"{meeting}/minutes", f"actions/{action.public_id}/done"]:
        answer = post(third, f"{base}/{name}", page="/account/notices", reason="x")
        assert answer.status_code == 403, name
    guest = app.test_client()
    assert guest.get(f"{base}/{meeting}").status_code in {302, 303, 401, 404}
    _foreign(app, known, row)


def _foreign(app: Flask, known: Circle, row: Meeting) -> None:
    """A meeting is found in its own consortium only."""
    theirs = Visitor(sign_in(app.test_client(), known.other.account))
    listed = theirs("/consortia").text
    slugs = set(re.findall(r'/consortia/([a-z0-9-]+)"', listed)) - {"new", known.slug}
    for slug in slugs:
        theirs(f"/consortia/{slug}/meetings/{row.public_id}", 404)
    assert slugs
