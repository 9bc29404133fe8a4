"""Telling claimed organisations of a request, inviting the others: caps, refusals, nothing leaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.notices.models import Notice
from plugins.requests import telling
from plugins.requests.models import Invitation, PartnerRequest, Told
from portal import workflow
from portal.context import Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, TooMany
from portal.mail import Outbox, deliver_due
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import (
    clocked,
    make_account,
    make_member,
    make_organisation,
    post,
    set_settings,
    sign_in,
)
from tests.plugins.partners.conftest import store_partner
from tests.plugins.requests.conftest import make_request
from tests.visiting import Visitor

PROFILE = {"fields": ["0721"], "roles": ["host"], "languages": [["es", "native"]]}


@pytest.fixture
def portal(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with its app context open, once on each engine."""
    app = make_portal(any_url, plugins=["requests"])
    with app.app_context():
        yield app


def acting(ctx: Context, account: Account) -> Context:
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))


def test_asker_sees_who_fits_tells_them_and_they_get_a_notice(
    app: Flask, as_asker: FlaskClient, school: Organisation
) -> None:
    host = make_account(app, name="Secret Person", email="secret@host.example")
    fitting = store_partner(app, "Panadería", "ES", admin=host, profile=PROFILE)
    store_partner(app, "Elsewhere", "LV", admin=make_account(app), profile=PROFILE)
    store_partner(app, "Made up", "ES", make_account(app), profile=PROFILE, is_fictional=True)
    entry = store_partner(app, "Escuela", "ES", profile=PROFILE, domain="escuela.example")
    row = make_request(app, school)
    look = Visitor(as_asker)
    page = look(f"/requests/{row.slug}/fits")
    assert "1 organisation fits" in page.text
    assert "covers the field asked for; hosts; speaks Spanish" in page.text
    assert "Made up" not in page.text and "Elsewhere" not in page.text
    assert "secret@" not in page.text and "Secret Person" not in page.text
    path = f"/requests/{row.slug}/fits"
    tell = path.replace("fits", "tell")
    assert post(as_asker, tell, page=path).status_code == 422
    for wrong in ("x", "99999999", "9" * 5_000, str(school.id), str(entry.id)):
        answer = post(as_asker, tell, page=path, organisation=wrong)
        assert answer.status_code == 422, wrong
    answer = post(as_asker, tell, page=path, organisation=str(fitting.id))
    assert answer.status_code == 303
    assert "1 organisation is told" in look(path).text
    mail = Outbox.get(Outbox.recipient == host.email)
    assert "School of Bonn looks for a partner: Bakery" in mail.subject
    assert f"/requests/{row.slug}" in mail.text and "/notices/stop/" in mail.text
    assert post(as_asker, tell, page=path, organisation=str(fitting.id)).status_code == 303
    assert Notice.select().count() == Told.select().count() == 1

    invite = path.replace("fits", "invite")
    for mailbox in ("", "a b", "info@evil.example", "x" * 41, "info\nBcc: a@b.example", ".a"):
        answer = post(as_asker, invite, page=path, organisation=entry.slug, mailbox=mailbox)
        assert answer.status_code == 422, mailbox
    answer = post(as_asker, invite, page=path, organisation=entry.slug, mailbox="Info")
    assert answer.status_code == 303
    mail = Outbox.get(Outbox.recipient == "info@escuela.example")
    assert "Bakery" not in mail.text and "Bakery" not in mail.subject
    again = post(as_asker, invite, page=path, organisation=entry.slug, mailbox="office")
    assert again.status_code == 409 and "once only" in again.text
    assert "Was invited already" in look(path).text

    stop = re.search(r"/requests/no-invitations/\S+", mail.text)[0]
    guest = app.test_client()
    assert "Escuela" in Visitor(guest)(stop).text
    assert Invitation.get().refused_at is None
    assert guest.post(stop).status_code == 200
    assert Invitation.get().refused_at is not None
    assert guest.get(stop[:-1] + "x").status_code == 404
    public = re.search(r"/requests/[0-9a-f]{16}$", mail.text, re.M)[0]
    assert guest.get(public).location == f"/requests/{row.slug}"


def test_invitation_offers_to_refuse_in_one_click(app: Flask, school: Organisation, clock) -> None:
    entry = store_partner(app, "Escuela", "ES", profile=PROFILE, domain="escuela.example")
    row = make_request(app, school)
    with app.app_context():
        telling.invite(clocked(app), row, entry, "info")
        config = app.config["PORTAL"]
        deliver_due(config, clock)
    sent = next((config.instance_path / "mail").glob("*invitation.eml")).read_text()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in sent


def test_caps_protect_receivers_and_requests(portal: Flask, ctx: Context, clock) -> None:
    asker = make_account(portal)
    school = make_organisation("School", admin=asker)
    hosts = [make_organisation(f"Host {n}", "ES", admin=make_account(portal)) for n in range(4)]
    ids = [host.id for host in hosts]
    mine = acting(ctx, asker)
    set_settings("requests", most_told=2, most_told_a_week=2)
    rows = [make_request(portal, school, title=f"Request {n}") for n in range(3)]
    with pytest.raises(Invalid, match="At most 2"):
        telling.tell(mine, rows[0], ids[:3])
    assert telling.tell(mine, rows[0], ids[:2]) == (2, 0)
    assert telling.tell(mine, rows[1], ids[:1]) == (1, 0)
    assert telling.tell(mine, rows[2], ids[:1]) == (0, 1)
    clock.moment += timedelta(days=7, seconds=1)
    assert telling.tell(mine, rows[2], ids[:1]) == (1, 0)
    with pytest.raises(NotAllowed):
        telling.tell(acting(ctx, make_account(portal)), rows[0], ids[2:3])
    workflow.move(mine, PartnerRequest.get_by_id(rows[0].id), "close")
    with pytest.raises(Conflict):
        telling.tell(mine, rows[0], ids[2:3])


def test_nobody_is_invited_twice_nor_by_somebody_made_up(portal: Flask, ctx: Context) -> None:
    asker = make_account(portal)
    school = make_organisation("School", admin=asker)
    other = make_organisation("Other", admin=asker)
    row, second = make_request(portal, school), make_request(portal, other)
    mine = acting(ctx, asker)
    entry = make_organisation("Escuela", "ES", domain="escuela.example")
    telling.invite(mine, row, entry, "info")
    with pytest.raises(Conflict):
        telling.invite(mine, second, entry, "office")
    for wrong in (
        make_organisation("No website", "ES"),
        make_organisation("On a platform", "ES", domain="facebook.com"),
        make_organisation("Claimed", "ES", domain="c.example", admin=make_account(portal)),
        make_organisation("Made up", "ES", domain="d.example", is_fictional=True),
    ):
        with pytest.raises(Invalid):
            telling.invite(mine, row, wrong, "info")
    set_settings("requests", most_invited_a_day=1)
    third = make_organisation("Third", "ES", domain="third.example")
    with pytest.raises(TooMany):
        telling.invite(mine, row, third, "info")
    assert Outbox.select().where(Outbox.kind == telling.INVITED).count() == 1


def test_only_editors_see_who_fits(app: Flask, school: Organisation) -> None:
    row = make_request(app, school)
    member = make_account(app)
    make_member(school, member, "OrgMember")
    for account in (member, make_account(app), make_account(app, role="Reviewer")):
        client = sign_in(app.test_client(), account)
        assert client.get(f"/requests/{row.slug}/fits").status_code == 404
        answer = post(client, f"/requests/{row.slug}/tell", page="/account/", organisation="1")
        assert answer.status_code == 404
    page = Visitor(app.test_client())("/requests/method")
    assert "Fields of education" in page.text and ">30<" in page.text
