"""Agreements that are made from a mobility or a consortium, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.agreements import drafting, interface, queries
from plugins.agreements.models import Agreement, Clause
from plugins.agreements.workflow import parties
from plugins.consortia.models import Consortium
from plugins.mobilities import interface as mobilities
from plugins.mobilities.models import Mobility
from plugins.occasions import plugin, service
from plugins.occasions.models import MOBILITY, Occasion, Wording
from portal import workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed
from tests.factories import clocked, make_account, make_member
from tests.plugins.consortia.conftest import Side, acting, found, join
from tests.plugins.mobilities.conftest import Browser, Pair, make_pair

PLUGINS = ["occasions", "drafts", "versions", "tasks"]


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=PLUGINS)


def planned(pair: Pair, **more: Any) -> Mobility:
    """Plan a mobility of the days to come."""
    first = clocked(pair.app).clock.now().date() + timedelta(days=30)
    days = {"starts_on": first, "ends_on": first + timedelta(days=20)}
    return pair.plan(**{**days, **more})


def of(row: Agreement) -> dict[str, Any]:
    """Return all values of an agreement by field."""
    values: dict[str, Any] = {}
    for clause in drafting.clauses(row):
        values |= clause.data
    return values


def test_a_mobility_s_learning_agreement_is_made_with_what_is_known(app: Flask) -> None:
    with app.app_context():
        pair = make_pair(app)
        row = planned(pair)
        reader = make_account(app)
        make_member(pair.school, reader, "OrgMember")
    path = f"/mobilities/{row.public_id}"
    sender, host = Browser(app, pair.sender), Browser(app, pair.receiver)
    assert "Make the learning agreement" in sender.see(path).text
    assert "Make the learning agreement" not in host.get(path).text
    assert [
        Browser(app, who).get(f"{path}/agreement").status_code
        for who in (reader, pair.receiver, None)
    ] == [403, 403, 303]
    page = sender.see(f"{path}/agreement")
    assert "Learner 1" in page.text
    assert sender.post(f"{path}/agreement", title="", language="en").status_code == 422
    told = sender.post(f"{path}/agreement", title="Spring", language="en", second="de")
    assert told.status_code == 303, told.text

    with app.app_context():
        made = Agreement.get()
        values = of(made)
        assert (made.kind, made.languages) == ("learning", ["en", "de"])
        there = [(one.role, one.name, one.email) for one in parties(made.id)]
        assert there[0][:2] == ("sending", "School of Bonn")
        assert ("host", "Werkstatt of Riga", "") in there
        assert ("learner", "Learner 1", "learner-1@school.example") in there
        assert (values["starts_on"], values["people"], values["weeks"]) == (row.starts_on, 1, 3)
        assert b"Learner 1" not in bytes(queries.shown(made).content)
    assert f"/agreements/{made.public_id}" in sender.get(path).text
    assert "There is one already" in sender.see(f"{path}/agreement").text
    assert f"/agreements/{made.public_id}" not in host.get(path).text  # a draft is its maker's
    again = sender.post(f"{path}/agreement", page=path, title="Once more", language="en", second="")
    assert again.status_code == 409


def name_unit(**parts: str) -> None:
    """Write a unit into the agreement."""
    row = Clause.get(Clause.key == "outcomes")
    unit = {"title": "Turning", "knowledge": "", "skills": "", "responsibility": ""}
    Clause.update(data={**row.data, "units": [unit | parts]}).where(Clause.id == row.id).execute()


def test_a_unit_is_asked_for_only_while_a_plugin_looks_after_agreements(app: Flask) -> None:
    registry: Any = app.extensions["portal"].registry
    with app.test_request_context():
        pair = make_pair(app)
        bound = planned(pair)
        ctx, other = (acting(clocked(app), who) for who in (pair.sender, pair.receiver))
        service.for_mobility(ctx, mobilities.find(ctx, bound.public_id), "Spring", ["en"])
        Agreement.update(state="in_force").execute()
        name_unit(title="Turning")  # nothing is learned in it
        with pytest.raises(Invalid, match=r"^The learning agreement must name a unit first"):
            workflow.move(other, bound, "agree")
        registry.deactivate(clocked(app), "occasions")
        workflow.move(other, bound, "agree")


def test_a_mobility_waits_for_its_agreement_until_all_have_signed(
    make_portal: Callable[..., Flask], any_url: str
) -> None:
    app = make_portal(any_url, plugins=PLUGINS)
    with app.test_request_context():
        pair = make_pair(app)
        free, bound = planned(pair), planned(pair)
        ctx = acting(clocked(app), pair.sender)
        stay = mobilities.find(ctx, bound.public_id)
        service.for_mobility(ctx, stay, "Spring", ["en"])
        with pytest.raises(Conflict):
            service.for_mobility(ctx, stay, "Again", ["en"])
        other = acting(clocked(app), pair.receiver)
        with pytest.raises(NotAllowed):
            service.for_mobility(other, mobilities.find(other, free.public_id), "Spring", ["en"])

        assert plugin.mobilities_agreed(ctx, [free.id, bound.id]) == {bound.id: False}
        assert plugin.mobilities_united(ctx, [free.id, bound.id]) == {bound.id: False}
        with pytest.raises(Invalid, match="must name a unit first"):
            workflow.move(other, bound, "agree")
        name_unit(skills="Sets up a lathe")
        assert plugin.mobilities_united(ctx, [bound.id]) == {bound.id: True}
        with pytest.raises(Invalid, match=r"^The learning agreement must be signed by everybody"):
            workflow.move(other, bound, "agree")
        workflow.move(other, free, "agree")
        Agreement.update(state="in_force").execute()
        assert plugin.mobilities_agreed(ctx, [bound.id]) == {bound.id: True}
        Agreement.update(state="cancelled").execute()
        assert plugin.mobilities_agreed(ctx, [bound.id]) == {}
        assert plugin.mobilities_united(ctx, [bound.id]) == {}
        assert Occasion.select().where(Occasion.kind == MOBILITY).count() == 1
        Agreement.delete().execute()
        assert not Occasion.select().exists()


def test_a_minor_s_guardian_takes_part_and_a_group_is_counted(app: Flask) -> None:
    minor = {
        "name": "Learner 2", "email": "l2@school.example", "is_minor": True,
        "guardian_email": "g2@home.example",
    }  # fmt: skip
    people = [{"name": f"Learner {at}", "email": f"l{at}@school.example"} for at in range(3)]
    with app.test_request_context():
        pair = make_pair(app)
        ctx = acting(clocked(app), pair.sender)
        alone, group = (
            mobilities.find(ctx, planned(pair, participants=some, kind=kind).public_id)
            for some, kind in (([minor], "individual"), (people, "group"))
        )
        asked = [(one.role, one.email) for one in service.parties_of(alone, "en")]
        assert asked[2:] == [("learner", "l2@school.example"), ("guardian", "g2@home.example")]
        assert [one.role for one in service.parties_of(group, "en")] == ["host", "supporting"]
        assert not mobilities.find(acting(clocked(app), pair.receiver), alone.public_id).people


def test_the_lead_makes_the_agreement_of_a_consortium(app: Flask, ctx: Context) -> None:
    with app.app_context():
        lead, member, stranger = (Side(app, ctx, name) for name in ("Lead", "Member", "Stranger"))
        ends_on = date.today() + timedelta(days=700)
        row = found(lead, starts_on=date.today(), ends_on=ends_on)
        join(row, lead, member)
        workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    path = f"/consortia/{row.slug}/agreements"
    browser, other = Browser(app, lead.account), Browser(app, member.account)
    assert "2 active members become parties" in browser.see(path).text
    assert "Make an agreement of the members" not in other.see(path).text
    assert Browser(app, stranger.account).get(path).status_code == 404
    assert other.post(path, page=f"/consortia/{row.slug}/members", title="Mine",
                      language="en").status_code == 403  # fmt: skip
    assert browser.post(path, title="Ours", language="en", second="").status_code == 303

    with app.app_context():
        made = Agreement.get()
        assert [(one.role, one.name) for one in parties(made.id)] == [
            ("lead", "Lead"), ("partner", "Member"),
        ]  # fmt: skip
        assert of(made)["valid_until"] == ends_on.isoformat()
    assert f"/agreements/{made.public_id}" in browser.see(path).text
    seen = other.see(path).text
    assert f"/agreements/{made.public_id}" not in seen
    assert "There is one that your organisation can" in seen


def test_a_consortium_keeps_wording_with_which_its_members_begin(app: Flask, ctx: Context) -> None:
    with app.test_request_context():
        lead, member, stranger = (Side(app, ctx, name) for name in ("Lead", "Member", "Stranger"))
        row = found(lead, starts_on=date.today(), ends_on=date.today() + timedelta(days=700))
        join(row, lead, member)
        workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
        old = interface.begin(
            lead.ctx, lead.organisation, "mou", "Between two", role="partner", languages=["en"],
            known={"objectives": "Secret aims"},
        )  # fmt: skip
        text = Clause.get(Clause.key == "review", Clause.agreement == old.id)
        words = {**text.texts, "text": {"en": "Every May we meet."}}
        Clause.update(texts=words).where(Clause.id == text.id).execute()
    path = f"/consortia/{row.slug}"
    browser, other = Browser(app, lead.account), Browser(app, member.account)
    assert "Keep a template" in browser.see(f"{path}/agreements").text
    assert "Templates of this consortium" not in other.see(f"{path}/agreements").text
    page = f"{path}/agreements"
    for who, number, status in (
        (other, old.public_id, 403), (browser, "nothing", 404), (browser, old.public_id, 303),
    ):  # fmt: skip
        told = who.post(f"{path}/templates", page=f"{path}/members", agreement=number)
        assert told.status_code == status

    with app.app_context():
        kept = Wording.get()
        assert "Secret aims" not in str(kept.texts) and kept.kind == "mou"
    template = f"{path}/templates/{kept.public_id}"
    assert template in other.see(page).text
    seen = other.see(template).text
    assert "Every May we meet." in seen and "Secret aims" not in seen
    assert Browser(app, stranger.account).get(template).status_code == 404
    assert other.get(f"{path}/templates/nothing").status_code == 404
    own = {"organisation": member.organisation.slug, "language": "en", "second": "de"}
    assert other.post(template, title="", **own).status_code == 422
    taken = own | {"organisation": lead.organisation.slug}
    assert other.post(template, title="Not mine", **taken).status_code == 422
    assert other.post(template, title="Mine", **own).status_code == 303

    with app.app_context():
        made = Agreement.get(Agreement.title == "Mine")
        said = Clause.get(Clause.agreement == made.id, Clause.key == "review").texts["text"]
        assert (said["en"], bool(said["de"])) == ("Every May we meet.", True)
        assert [(one.role, one.name) for one in parties(made.id)] == [("partner", "Member")]
    assert other.post(f"{template}/remove", page=f"{path}/members").status_code == 403
    assert browser.post(f"{template}/remove", page=page).status_code == 303
    assert Wording.select().count() == 0
    assert f"/agreements/{made.public_id}" in other.see("/agreements").text
