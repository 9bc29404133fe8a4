"""Writing, publishing and closing partner requests, as guest, stranger, member and reviewer."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.requests import documents, rules
from plugins.requests.models import PartnerRequest
from plugins.tasks import service as tasks
from portal import db, workflow
from portal.context import system_context
from portal.organisations.models import Organisation
from portal.organisations.service import hide
from portal.people.models import Account
from tests.factories import clocked, make_account, make_member, make_organisation, post, sign_in
from tests.plugins.partners.conftest import store_partner
from tests.plugins.requests.conftest import make_request
from tests.visiting import Visitor

TYPED = {
    "title": "Bakery placements in May",
    "role": "host",
    "text": "Six apprentices look for two weeks in a bakery.",
    "lang": "en",
    "fields": ["072"],
    "starts_on": "2027-05-03",
    "ends_on": "2027-05-14",
    "places": "6",
    "closes_on": "2027-01-15",
}


def listed(client: FlaskClient, **parameters: object) -> list[str]:
    answer = client.get("/api/v1/requests", query_string=parameters)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json["items"]]


def test_empty_list_teaches_what_a_request_is(app: Flask) -> None:
    page = Visitor(app.test_client())("/requests")
    assert "Write the first request" in page.text
    assert "/requests/new" in page.links


def test_from_draft_to_published_and_closed(
    app: Flask, as_asker: FlaskClient, school: Organisation
) -> None:
    look = Visitor(as_asker)
    look("/requests/new")
    answer = post(as_asker, "/requests/new", organisation=school.slug, **TYPED)
    assert answer.status_code == 303
    draft = answer.location
    assert "Nobody but your people" in look(draft).text
    guest = Visitor(app.test_client())
    guest(draft, 404)
    look(f"{draft}/edit")
    answer = post(as_asker, f"{draft}/publish", page=draft)
    slug = answer.location
    assert re.fullmatch(r"/requests/bakery-placements-in-may-[0-9a-f]{6}", slug)
    assert as_asker.get(draft).location == slug
    page = guest(slug)
    assert "Six apprentices" in page.text and "3 May 2027 to 14 May 2027" in page.text
    assert slug in guest("/requests").links
    assert post(as_asker, f"{slug}/close", page=slug, comment="Thank you.").status_code == 303
    assert "takes no more answers" in guest(slug).text
    assert listed(app.test_client()) == []
    answer = post(as_asker, f"{slug}/reopen", page=slug, closes_on="2027-01-20")
    assert answer.status_code == 303
    assert listed(app.test_client()) == ["Bakery placements in May"]
    assert PartnerRequest.get().closes_on.isoformat() == "2027-01-20"


def test_request_may_be_published_while_it_is_written(
    app: Flask, as_asker: FlaskClient, school: Organisation
) -> None:
    answer = post(as_asker, "/requests/new", organisation=school.slug, publish="yes", **TYPED)
    assert answer.status_code == 303
    assert listed(app.test_client()) == ["Bakery placements in May"]
    assert "Bakery" in Visitor(as_asker)("/requests/mine").text


REFUSED = (
    ({"title": ""}, "can&#39;t stay empty"),
    ({"title": "x" * 121}, "at most 120"),
    ({"text": "\x00\x01"}, "can&#39;t stay empty"),
    ({"role": "magic"}, "Not a valid choice"),
    ({"fields": ["9999"]}, "not a valid choice"),
    ({"places": "six"}, "Not a valid integer"),
    ({"places": "0"}, "1 to 500"),
    ({"starts_on": "May"}, "year, month, day"),
    ({"ends_on": "2027-05-01"}, "can&#39;t come before"),
    ({"starts_on": "0001-01-01"}, "next three years"),
    ({"closes_on": "2026-11-19"}, "from today on"),
    ({"closes_on": "9999-12-31"}, "from today on"),
    ({"closes_on": ""}, "until when"),
    ({"occupations": "a\nb\nc\nd\ne\nf"}, "at most 5 occupations"),
    ({"organisation": "of-somebody-else"}, "one of your organisations"),
)


def test_what_can_not_be_taken_is_refused_beside_its_field(
    as_asker: FlaskClient, school: Organisation
) -> None:
    for changed, told in REFUSED:
        typed = {"organisation": school.slug, **TYPED, **changed}
        answer = post(as_asker, "/requests/new", **typed)
        assert answer.status_code == 422, changed
        assert told in answer.text, changed
        assert "text" in changed or "Six apprentices" in answer.text
    assert not PartnerRequest.select().exists()


def test_only_those_who_write_for_the_organisation_change_its_requests(
    app: Flask, as_asker: FlaskClient, school: Organisation
) -> None:
    row = make_request(app, school)
    draft = make_request(app, school, "draft", title="A draft")
    stranger, member = make_account(app), make_account(app)
    make_member(school, member, "OrgMember")
    for account, draft_status in ((stranger, 404), (member, 200)):
        client = sign_in(app.test_client(), account)
        assert client.get(f"/requests/{draft.slug}").status_code == draft_status
        assert client.get(f"/requests/{row.slug}/edit").status_code == 404
        answer = post(client, f"/requests/{row.slug}/close", page="/account/")
        assert answer.status_code == 403
        answer = post(client, f"/requests/{draft.slug}/publish", page="/account/")
        assert answer.status_code == (404 if account == stranger else 403)
    assert Visitor(sign_in(app.test_client(), stranger))("/requests/new").headings == [
        "First, say for which organisation."
    ]
    assert PartnerRequest.get_by_id(row.id).state == "published"


def test_second_writer_sees_both_texts(
    app: Flask, as_asker: FlaskClient, school: Organisation
) -> None:
    row = make_request(app, school)
    path, shown = f"/requests/{row.slug}/edit", str(row.version)
    first = post(as_asker, path, **TYPED, version=shown)
    assert first.status_code == 303
    answer = post(as_asker, path, **{**TYPED, "title": "Pastry"}, version=shown)
    assert answer.status_code == 409
    assert "Pastry" in answer.text and "Bakery placements in May" in answer.text
    assert PartnerRequest.get_by_id(row.id).title == "Bakery placements in May"


def test_organisation_without_a_published_profile_can_only_draft(
    app: Flask, asker: Account
) -> None:
    made = make_organisation("Unknown school", admin=asker, hidden_at=clocked(app).clock.now())
    row = make_request(app, made, "draft")
    with app.app_context(), pytest.raises(Exception, match="profile first"):
        workflow.move(clocked(app), row, "publish")
    assert PartnerRequest.get_by_id(row.id).state == "draft"


def test_request_goes_out_of_sight_with_its_organisation(app: Flask, school: Organisation) -> None:
    row = make_request(app, school)
    guest = Visitor(app.test_client())
    guest(f"/requests/{row.slug}")
    with app.app_context():
        hide(clocked(app), school)
    guest(f"/requests/{row.slug}", 404)
    assert listed(app.test_client()) == []


def test_filters_feed_and_words_find_the_same(app: Flask, school: Organisation, clock) -> None:
    other = store_partner(app, "Instituto", "ES", admin=make_account(app), is_fictional=True)
    make_request(app, school)
    clock.moment += timedelta(minutes=1)
    make_request(
        app, other, title="Vigo <b>sends</b> & hosts", role="sending", fields=["0715"],
        countries=[], starts_on=None, ends_on=None, modes=["virtual"],
    )  # fmt: skip
    client = app.test_client()
    assert listed(client) == ["Vigo <b>sends</b> & hosts", "Bakery placements in May"]
    bakery, vigo = ["Bakery placements in May"], ["Vigo <b>sends</b> & hosts"]
    for parameters, expected in (
        ({"field": "072"}, bakery),
        ({"field": "071"}, vigo),
        ({"country": "es"}, [*vigo, *bakery]),
        ({"country": "LV"}, vigo),
        ({"from": "DE"}, bakery),
        ({"role": "sending"}, vigo),
        ({"month": "2027-05"}, bakery),
        ({"month": "2027-99"}, [*vigo, *bakery]),
        ({"mode": "virtual"}, vigo),
        ({"q": "apprentices"}, [*vigo, *bakery]),
        ({"q": "Vigo"}, vigo),
        ({"page": "7"}, []),
    ):
        assert listed(client, **parameters) == expected, parameters
    look = Visitor(client)
    look("/requests?field=072&country=ES&page=3")
    assert "No open request fits" in look("/requests?q=%00%ff'&page=-1&field=" + "9" * 400).text
    assert "demonstration" in look("/requests").text
    feed = client.get("/requests.atom?field=071")
    titles = [item.text for item in ElementTree.fromstring(feed.data).iter(
        "{http://www.w3.org/2005/Atom}title")]  # fmt: skip
    assert titles[1:] == ["Demonstration: Vigo <b>sends</b> & hosts"]
    assert client.get("/api/v1/requests?page_size=1000").status_code == 422
    slug = client.get("/api/v1/requests").json["items"][1]["slug"]
    assert client.get(f"/api/v1/requests/{slug}").json["youngest_age"] == 17
    assert client.get("/api/v1/requests/nothing").status_code == 404


def test_request_closes_by_itself_when_its_day_is_over(
    app: Flask, school: Organisation, clock
) -> None:
    row = make_request(app, school)
    with app.app_context():
        assert tasks.take_due(clocked(app)) == 0
        clock.moment = rules.end_of(row.closes_on) + timedelta(seconds=1)
        assert tasks.take_due(clocked(app)) == 1
    now = PartnerRequest.get_by_id(row.id)
    assert now.state == "closed" and now.closed_at == clock.moment
    assert listed(app.test_client()) == []


def test_reviewer_from_outside_suspends_with_reasons(app: Flask, school: Organisation) -> None:
    row = make_request(app, school)
    client = sign_in(app.test_client(), make_account(app, role="Reviewer"))
    path = f"/requests/{row.slug}"
    assert "For reviewers" in Visitor(client)(path).text
    assert post(client, f"{path}/suspend", page=path).status_code == 422
    answer = post(client, f"{path}/suspend", page=path, comment="This sells something.")
    assert answer.status_code == 303
    Visitor(app.test_client())(path, 404)
    assert listed(app.test_client()) == []


def test_search_learns_what_changed_while_the_plugin_was_off(
    app: Flask, school: Organisation
) -> None:
    row = make_request(app, school)
    registry = app.extensions["portal"].registry
    with app.app_context():
        registry.deactivate(system_context(), "requests")
        assert app.test_client().get(f"/requests/{row.slug}").status_code == 404
        with db.transaction():
            PartnerRequest.update(state="closed").execute()
        registry.activate(system_context(), "requests")
        documents.refresh_all()
    assert listed(app.test_client()) == []
