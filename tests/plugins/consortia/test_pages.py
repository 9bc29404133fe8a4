"""The pages: from founding to the history, and who may open what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from plugins.consortia import planning
from plugins.consortia.models import Consortium, Day, Flow
from portal import workflow
from portal.context import Context
from portal.organisations.models import Organisation
from tests.factories import make_account, post, sign_in
from tests.plugins.consortia.conftest import Side, found, join, part
from tests.plugins.partners.conftest import store_partner
from tests.visiting import Visitor

TYPED = {
    "name": "Metal <b>without</b> borders",
    "purpose": "We send & host.",
    "lang": "en",
    "kind": "network",
    "starts_on": "2026-09-01",
    "ends_on": "2028-08-31",
}
INSIDE = ("members", "places", "places.csv", "dates", "rules", "lead")


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=["consortia", "projects", "tasks", "drafts", "versions"])


def test_from_founding_to_places_and_history(app: Flask) -> None:
    account = make_account(app)
    school: Organisation = store_partner(app, "School of Bonn", admin=account)
    store_partner(app, "Bakery", "ES", admin=make_account(app))
    person = sign_in(app.test_client(), account)
    look, guest = Visitor(person), Visitor(app.test_client())
    assert "No consortium has started here yet" in guest("/consortia").text
    look("/consortia/new")
    wrong = post(
        person, "/consortia/new", organisation=school.slug, **{**TYPED, "ends_on": "2026-01-01"}
    )
    assert wrong.status_code == 422 and "come before the first" in wrong.text
    assert "We send &amp; host." in wrong.text, "nothing typed is lost"
    made = post(person, "/consortia/new", organisation=school.slug, **TYPED)
    assert made.status_code == 303
    base = made.location.removesuffix("/members")
    guest(base, 404)
    look(f"{base}/members")
    sent = post(
        person,
        f"{base}/members/invite",
        page=f"{base}/members",
        list="Bakery\nNobody",
        parts="host",
    )
    assert sent.status_code == 422 and "no such organisation" in sent.text
    assert re.search(r"<textarea[^>]*>\s*Nobody</textarea>", sent.text)
    assert "1 of 1 has not answered" in look(f"{base}/members").text
    again = post(person, f"{base}/members/remind", page=f"{base}/members")
    assert again.status_code == 422
    for name in ("places", "dates", "rules", "lead", "history", ""):
        look(f"{base}/{name}".rstrip("/"))
    assert post(person, f"{base}/rules", rule="network").status_code == 303
    assert "1 more" not in look(f"{base}/rules").text and "2 more" in look(f"{base}/rules").text
    assert post(person, f"{base}/dates", title="Start", starts_on="2030-01-01").status_code == 422
    assert post(person, f"{base}/dates", title="Start", starts_on="2027-01-01").status_code == 303
    assert "Start" in look(f"{base}/dates").text
    assert "A date was added: Start" in look(f"{base}/history").text
    edited = post(person, f"{base}/edit", version="1", **{**TYPED, "name": "Other"})
    assert edited.status_code in {303, 409}


def test_strangers_former_members_and_other_leads_see_nothing_inside(
    app: Flask, ctx: Context
) -> None:
    with app.app_context():
        lead, member, former, other, stranger = (
            Side(app, ctx, name) for name in ("Lead", "Member", "Former", "Other", "Stranger")
        )
        row = found(lead)
        join(row, lead, member, former)
        workflow.move(former.ctx, part(row, former), "leave")
        theirs = found(other)
        join(theirs, other, stranger)
        planning.set_places(lead.ctx, row, lead.id, member.id, {"planned": 3})
        values = {"title": "Secret", "place": "", "starts_on": date(2027, 1, 1), "ends_on": None}
        planning.add_day(lead.ctx, row, values)
        workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
        base = f"/consortia/{row.slug}"
        flow, day = Flow.get().public_id, Day.get().public_id
        mine = part(row, member).public_id
    clients = {
        side.organisation.name: sign_in(app.test_client(), side.account)
        for side in (lead, member, former, other, stranger)
    }
    clients["guest"] = app.test_client()
    inside = [f"{base}/{name}" for name in INSIDE] + [f"{base}/history"]
    deeds = (
        "members/invite", "members/remind", f"members/{mine}/end", f"places/{flow}",
        f"dates/{day}/remove", "lead", "lead/stop", "lead/vote", "rules", "dates",
        "edit", "suspend", "close",
    )  # fmt: skip
    for name, client in clients.items():
        assert client.get(base).status_code == 200, "what it is for is public"
        public = client.get(f"{base}/members.csv").text
        assert ("Former" in public) == (name in {"Lead", "Member"}), name
        for address in inside:
            status = client.get(address).status_code
            if name in {"Lead", "Member"}:
                assert status == 200, (name, address)
            else:
                assert status in ({302, 303, 401} if name == "guest" else {404}), (name, address)
        if name in {"Lead", "guest"}:
            continue
        for deed in deeds:
            answer = post(client, f"{base}/{deed}", page="/consortia/new", list="X", comment="Y",
                          candidate=lead.organisation.slug, rule="", part="host", countries="LV",
                          name="Z", title="T", starts_on="2027-01-01", what="move")  # fmt: skip
            if name == "Member" and deed in {"lead", "places"}:
                continue
            assert answer.status_code in {403, 404}, (name, deed, answer.status_code)
    with app.app_context():
        kept = Consortium.get_by_id(row.id)
        assert (kept.state, kept.lead_id, kept.name) == ("active", lead.id, "Metal without borders")
        assert Day.select().count() == 1 and part(row, member).state == "active"


def test_a_public_consortium_describes_itself_to_search_engines(app: Flask, ctx: Context) -> None:
    with app.app_context():
        lead, member = Side(app, ctx, "Lead </script>"), Side(app, ctx, "Member")
        row = found(lead)
        join(row, lead, member)
        workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    page = Visitor(app.test_client())(f"/consortia/{row.slug}")
    assert '"@type": "Consortium"' in page.text and "Lead </script>" not in page.text
    told = app.test_client().get(f"/consortia/{row.slug}/members.json").get_json()
    assert [item["organisation"] for item in told["members"]] == ["Lead </script>", "Member"]


@pytest.mark.parametrize(
    "address",
    [
        "/consortia?page=99999&country=%00&kind=x",
        "/consortia?page=-1&country=DE",
        "/consortia/nothing",
        "/consortia/nothing/members.json",
        "/consortia/invitation/%00",
        "/introductions/nobody",
    ],
)
def test_odd_addresses_are_answered_kindly(app: Flask, address: str) -> None:
    assert app.test_client().get(address).status_code in {200, 404}
