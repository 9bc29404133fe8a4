"""What a consortium shows outside: the sheet, routes for programs, a status page by link."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.consortia import inviting, planning
from plugins.consortia.interface import of_ids
from plugins.consortia.models import Consortium
from plugins.sharing import facts, service
from portal import workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Invalid, NotAllowed, TooMany
from portal.mail import Outbox
from tests.factories import post, sign_in
from tests.plugins.consortia.conftest import Side, found, join
from tests.visiting import Visitor


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin."""
    return make_portal(plugins=["sharing"])


class Running:
    """A consortium that has started, with a member, one who is invited, and a stranger."""

    def __init__(self, app: Flask, ctx: Context, starts: bool = True) -> None:
        with app.app_context():
            names = ("Lead", "Member", "Invited", "Stranger")
            self.lead, self.member, self.invited, self.stranger = (
                Side(app, ctx, name) for name in names
            )
            row = found(self.lead)
            join(row, self.lead, self.member)
            inviting.invite(self.lead.ctx, row, self.invited.organisation)
            numbers = {"planned": 9, "agreed": 4, "done": 1}
            planning.set_places(self.lead.ctx, row, self.lead.id, self.member.id, numbers)
            if starts:
                workflow.move(self.lead.ctx, Consortium.get_by_id(row.id), "activate")
            self.number, self.slug = row.id, row.slug
            self.base = f"/consortia/{row.slug}"


def link_in_mail(app: Flask) -> str:
    with app.app_context():
        text = Outbox.select().order_by(Outbox.id.desc()).first().text
    found = re.search(r"/consortia/status/[\w-]+", text)
    assert found
    return found[0]


def test_the_sheet_says_what_the_public_page_says(app: Flask, ctx: Context) -> None:
    running, guest = Running(app, ctx), app.test_client()
    told = guest.get(f"{running.base}/sheet.json").get_json()
    assert (told["member_count"], told["demonstration"]) == (2, False)
    assert [(item["name"], item["role"]) for item in told["members"]] == [
        ("Lead", "lead"),
        ("Member", "partner"),
    ]
    sheet = guest.get(f"{running.base}/sheet.pdf")
    assert sheet.mimetype == "application/pdf" and sheet.data.startswith(b"%PDF-")
    assert "PDF sheet" in Visitor(guest)(running.base).text


def test_programs_read_the_list_and_one_of_it(app: Flask, ctx: Context) -> None:
    running, guest = Running(app, ctx), app.test_client()
    listed = guest.get("/api/v1/consortia?country=de").get_json()
    assert [(each["slug"], each["country_count"]) for each in listed["items"]] == [
        (running.slug, 1)
    ]
    assert guest.get("/api/v1/consortia?country=LV").get_json()["total"] == 0
    assert len(guest.get(f"/api/v1/consortia/{running.slug}").get_json()["members"]) == 2
    assert guest.get("/api/v1/consortia?page=0").status_code == 422
    assert guest.get("/api/v1/consortia/nothing").status_code == 404
    paths = guest.get("/api/v1/openapi.json").get_json()["paths"]
    assert {"/api/v1/consortia", "/api/v1/consortia/{slug}"} <= set(paths)


def test_what_forms_is_shown_to_nobody_outside(app: Flask, ctx: Context) -> None:
    forming = Running(app, ctx, starts=False)
    lead: FlaskClient = sign_in(app.test_client(), forming.lead.account)
    assert lead.get(forming.base).status_code == 200
    api = f"/api/v1/consortia/{forming.slug}"
    for path in (f"{forming.base}/sheet.json", f"{forming.base}/sheet.pdf", api):
        assert app.test_client().get(path).status_code == 404
        assert lead.get(path).status_code == 404


def test_whoever_has_the_link_reads_how_it_stands_until_it_is_taken_back(
    app: Flask, ctx: Context
) -> None:
    forming = Running(app, ctx, starts=False)
    person, page = sign_in(app.test_client(), forming.lead.account), f"{forming.base}/sharing"
    look = Visitor(person)
    assert "Nobody yet" in look(page).text
    wrong = post(person, page, email="nobody", name="Agency", language="en")
    assert wrong.status_code == 422 and 'value="Agency"' in wrong.text
    sent = post(person, page, email="desk@agency.example", name="Agency", language="en")
    assert sent.status_code == 303
    path, guest = link_in_mail(app), Visitor(app.test_client())
    told = guest(path).text
    assert "9 planned, 4 agreed, 1 done" in told and "Metal without borders" in told
    assert ">Invited<" not in told and ">Member<" not in told, "nobody is named while it forms"
    assert forming.lead.account.name not in told
    with app.test_request_context():
        workflow.move(forming.lead.ctx, Consortium.get_by_id(forming.number), "activate")
    told = guest(path).text
    assert ">Member<" in told and ">Invited<" not in told
    member = sign_in(app.test_client(), forming.member.account)
    assert "desk@agency.example" not in Visitor(member)(f"{forming.base}/history").text
    stranger = sign_in(app.test_client(), forming.stranger.account)
    for client, status in ((member, 403), (stranger, 404)):
        assert client.get(page).status_code == status
        assert post(client, page, page="/consortia/new", email="a@b.example").status_code == status
    key = re.search(r'name="key" value="([^"]+)"', look(page).text)
    assert key and post(person, f"{page}/take-back", page=page, key=key[1]).status_code == 303
    assert post(person, f"{page}/take-back", page=page, key=key[1]).status_code == 404
    assert app.test_client().get(path).status_code == 303, "it leads to the page that says so"


def test_links_are_few_one_for_an_address_and_end(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    running = Running(app, ctx)
    with app.test_request_context():
        lead = running.lead.ctx
        here = of_ids(lead, [running.number])[running.number]
        service.share(lead, here, "A@agency.example", "", "lv")
        with pytest.raises(Invalid, match="a link already"):
            service.share(lead, here, "a@agency.example", "", "en")
        with pytest.raises(NotAllowed):
            service.share(running.member.ctx, here, "b@agency.example", "", "en")
        for number in range(29):
            service.share(lead, here, f"{number}@agency.example", "", "en")
        with pytest.raises(TooMany):
            service.share(lead, here, "z@agency.example", "", "en")
        clock.moment += timedelta(days=91)
        assert service.readers(lead, here) == []
        assert facts.status(here, "2026-11-20").waiting == 1
