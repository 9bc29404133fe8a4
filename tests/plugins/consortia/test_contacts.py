"""Whom to write to at a member: who says it, who sees it, and when it is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from plugins.consortia import contacts, describing, telling
from plugins.consortia.models import Consortium, Contact
from plugins.notices.models import Notice
from portal import workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.organisations import service as organisations
from tests.conftest import NOON
from tests.factories import audited, make_account, make_member, post, sign_in
from tests.plugins.consortia.conftest import Side, acting, found, join, part


def test_a_member_names_changes_and_takes_away_its_contacts(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    lead, baker, other = (Side(portal, ctx, name) for name in ("School", "Bakery", "Other"))
    row = found(lead)
    join(row, lead, baker, other)
    mine = part(row, baker)
    helper = make_account(portal, name="Helper")
    make_member(baker.organisation, helper, "OrgMember")
    helps, boss = helper.public_id, baker.account.public_id
    for who, refused in (
        (lead.ctx, NotAllowed), (other.ctx, NotFound), (acting(ctx, helper), NotAllowed),
        (Side(portal, ctx, "Stranger").ctx, NotFound),
    ):  # fmt: skip
        with pytest.raises(refused):
            describing.set_contacts(who, mine, {"general": helps})
    for wrong in ({"general": lead.account.public_id}, {"chief": helps}, {"money": "me@x.example"}):
        with pytest.raises(Invalid):
            describing.set_contacts(baker.ctx, mine, wrong)
    describing.set_contacts(baker.ctx, mine, {"money": boss, "general": helps, "quality": ""})
    told = contacts.named(row.id)
    assert list(told[mine.id].items()) == [("general", "Helper"), ("money", baker.account.name)]
    describing.set_contacts(baker.ctx, mine, {"general": helps, "money": ""})
    assert contacts.named(row.id) == {mine.id: {"general": "Helper"}}
    assert len(audited("consortium.contacts")) == 2
    assert contacts.general(row.id, baker.id) == [helper.id]
    clock.moment += timedelta(days=4)
    with pytest.raises(NotFound):
        describing.ask_contact(other.ctx, mine)
    with pytest.raises(NotAllowed):
        describing.ask_contact(baker.ctx, mine)
    describing.ask_contact(lead.ctx, mine)
    with pytest.raises(Invalid, match="three days"):
        describing.ask_contact(lead.ctx, mine)
    asked = Notice.select().where(Notice.kind == telling.CONTACT).order_by(Notice.id)
    assert [item.account_id for item in asked] == [helper.id, baker.account.id]
    helper.disabled_at = NOON
    helper.save()
    assert contacts.named(row.id) == {} and contacts.general(row.id, baker.id) == []


def test_contacts_go_with_the_person_and_with_the_member(portal: Flask, ctx: Context) -> None:
    lead, baker = Side(portal, ctx, "School"), Side(portal, ctx, "Bakery")
    row = found(lead)
    join(row, lead, baker)
    mine, helper = part(row, baker), make_account(portal)
    make_member(baker.organisation, helper, "OrgEditor")
    both = {"general": helper.public_id, "money": baker.account.public_id}
    describing.set_contacts(baker.ctx, mine, both)
    organisations.remove_member(baker.ctx, baker.organisation, helper.id)
    assert list(contacts.named(row.id)[mine.id]) == ["money"] and Contact.select().count() == 1
    make_member(baker.organisation, helper, "OrgEditor")
    assert list(contacts.named(row.id)[mine.id]) == ["money"], "coming back is not being chosen"
    workflow.move(baker.ctx, mine, "leave")
    assert Contact.select().count() == 0
    with pytest.raises(Conflict, match="no member"):
        describing.set_contacts(baker.ctx, part(row, baker), both)


def test_only_members_see_them_and_only_the_own_people_choose(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    app = make_portal(plugins=["consortia", "projects", "tasks", "drafts"])
    with app.app_context():
        lead, baker, other, stranger = (
            Side(app, ctx, name) for name in ("Lead", "Bakery", "Other", "Stranger")
        )
        row = found(lead)
        join(row, lead, baker, other)
        workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
        theirs = part(row, baker).public_id
        helper = make_account(app, name="Helper <b>")
        make_member(baker.organisation, helper, "OrgMember")
    base = f"/consortia/{row.slug}"
    page, deed = f"{base}/members/{theirs}", f"{base}/members/{theirs}/contacts"
    client = sign_in(app.test_client(), baker.account)
    wrong = post(client, deed, page=page, general=lead.account.public_id)
    assert wrong.status_code == 422
    assert post(client, deed, page=page, general=helper.public_id).status_code == 303
    assert post(client, f"{page}/ask-contact", page=page).status_code == 403
    for side, status in ((lead, 403), (other, 404), (stranger, 404)):
        client = sign_in(app.test_client(), side.account)
        answer = post(client, deed, page="/consortia/new", general=helper.public_id)
        assert answer.status_code == status, side.organisation.name
        public = [
            client.get(f"{base}{path}").text for path in ("", "/members.csv", "/members.json")
        ]
        assert not any("Helper" in text for text in public)
        shown = client.get(f"{base}/members").text
        assert ("Helper &lt;b&gt;" in shown) == (side is not stranger)
    client = sign_in(app.test_client(), lead.account)
    assert "Helper &lt;b&gt;" in client.get(page).text
    assert "Ask for a contact" not in client.get(page).text
    silent = f"{base}/members/{_of(app, row, other)}"
    assert "Ask for a contact" in client.get(silent).text
    assert post(client, f"{silent}/ask-contact", page=silent).status_code == 303
    guest = app.test_client()
    assert not any("Helper" in guest.get(f"{base}{path}").text for path in ("", "/members.json"))


def _of(app: Flask, row: Consortium, side: Side) -> str:
    with app.app_context():
        return str(part(row, side).public_id)
