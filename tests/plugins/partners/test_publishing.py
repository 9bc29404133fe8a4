"""Profiles on their way to the public, and promises that change while the public version stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugins.partners import publishing, queries, service
from plugins.partners.models import Change, Publication
from plugins.tasks import interface as sharing
from plugins.versions.service import list_of
from portal import db, mail
from portal import workflow as engine
from portal.clock import FixedClock
from portal.context import MEMBER, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.events import EventRow
from portal.organisations.models import Organisation
from portal.organisations.service import create_organisation, hide, update_organisation
from portal.people.models import Account
from tests.factories import clocked, make_account, make_member, post, sign_in
from tests.plugins.partners.conftest import found, store_partner

FULL = {
    "summaries": {"de": "Wir schweißen."},
    "roles": ["host"],
    "fields": ["0715"],
    "languages": [["de", ""]],
    "commitments": ["safety"],
}
PLACES = (
    "/partners/newcomer",
    "/partners/newcomer/fact-sheet",
    "/api/v1/partners/newcomer",
    "/organisations/newcomer/report",
    "/organisations/newcomer/remove",
)


class Visit(FlaskClient):
    """A visitor whose requests know nothing of the context that the test runs in."""

    def open(self, *args: Any, **values: Any) -> TestResponse:
        with self.application.app_context():
            return super().open(*args, **values)


@pytest.fixture
def portal(any_app: Flask) -> Iterator[Flask]:
    """A portal on each engine."""
    any_app.test_client_class = Visit
    with any_app.app_context():
        yield any_app


class Desk:
    """A newcomer with its administrator, who added it, and whoever else a test needs."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.admin = make_account(app)
        self.ctx = self.acting(self.admin)
        self.school = create_organisation(self.ctx, name="Newcomer", country="DE")

    def acting(self, account: Account) -> Context:
        actor = Actor(account.id, account.name, frozenset({MEMBER, account.role}))
        return clocked(self.app).as_actor(actor)

    def person(self, role: str = "Member", member: str = "") -> Context:
        account = make_account(self.app, role=role)
        if member:
            make_member(self.school, account, member)
        return self.acting(account)

    def fill(self, **more: Any) -> None:
        service.save_profile(self.ctx, self.school.id, {**FULL, **more}, None)

    def step(self, ctx: Context, step: str, comment: str = "", what: str = "profile") -> None:
        obj = publishing.find(what, self.school.id)
        publishing.take_step(ctx, obj, step, comment, None, has_agreed=True)

    def publish(self, what: str = "profile") -> None:
        self.step(self.ctx, "submit", what=what)
        self.step(self.person("Reviewer"), "publish", what=what)

    def state(self) -> str:
        return str(Publication.get(Publication.organisation == self.school.id).state)

    def promises(self) -> list[str]:
        return sorted(queries.stated(self.school.id)[1])

    def seen(self) -> bool:
        """Whether the public sees the profile; all places must agree."""
        visitor = self.app.test_client()
        names = found(visitor) + [row["Name"] for row in visitor.get("/partners.json").json]
        told = {"Newcomer" in names, names.count("Newcomer") == 2}
        told |= {visitor.get(path).status_code == 200 for path in PLACES[:3]}
        (answer,) = told
        return answer


@pytest.fixture
def desk(portal: Flask) -> Desk:
    return Desk(portal)


@pytest.fixture
def published(desk: Desk) -> Desk:
    desk.fill()
    desk.publish()
    return desk


# Who sees it


@pytest.mark.parametrize("path", PLACES)
def test_draft_looks_as_if_it_was_not_there(desk: Desk, path: str) -> None:
    visitor = desk.app.test_client()
    there, missing = visitor.get(path), visitor.get(path.replace("newcomer", "nobody"))
    assert (there.status_code, missing.status_code) == (404, 404)
    assert "Newcomer" not in there.text


def test_profile_is_seen_in_the_published_state_alone(desk: Desk) -> None:
    desk.fill()
    assert not desk.seen()
    desk.step(desk.ctx, "submit")
    assert not desk.seen()
    reviewer, admin = desk.person("Reviewer"), desk.person("SiteAdmin")
    steps = (
        (reviewer, "publish", True),
        (reviewer, "suspend", False),
        (reviewer, "reinstate", True),
        (desk.ctx, "archive", False),
        (admin, "restore", False),
    )
    for ctx, step, is_seen in steps:
        desk.step(ctx, step, "Because.")
        assert desk.seen() is is_seen


def test_draft_stays_out_of_sight_whatever_is_saved(desk: Desk) -> None:
    desk.fill()
    update_organisation(desk.ctx, desk.school, 1, city="Bonn")
    service.refresh_all(clocked(desk.app))
    service.catch_up(clocked(desk.app))
    assert not desk.seen()


def test_unclaimed_and_claimed_ones_from_before_are_published(portal: Flask) -> None:
    store_partner(portal, "Unclaimed")
    claimed = store_partner(portal, "Claimed", admin=make_account(portal))
    assert found(portal.test_client(), sort="name") == ["Claimed", "Unclaimed"]
    assert Publication.get().organisation_id == claimed.id
    assert Publication.get().state == "published"


def test_hidden_and_shown_again_stays_published(portal: Flask) -> None:
    admin = make_account(portal)
    made = store_partner(portal, "Claimed", admin=admin)
    ctx = clocked(portal).as_actor(Actor(admin.id, "", frozenset({MEMBER})))
    hide(ctx, made)
    assert Publication.get().state == "published"


# Steps


def test_submit_names_what_is_missing(desk: Desk) -> None:
    with pytest.raises(Invalid, match=r"A text about you.*Quality promises"):
        desk.step(desk.ctx, "submit")


def test_submit_asks_to_agree_to_be_rated(desk: Desk) -> None:
    desk.fill()
    obj = publishing.find("profile", desk.school.id)
    with pytest.raises(Invalid, match="rated"):
        publishing.take_step(desk.ctx, obj, "submit", "", None, has_agreed=False)
    assert desk.state() == "draft"


@pytest.mark.parametrize(
    ("member", "role", "refusal"),
    [("OrgEditor", "Member", NotAllowed), ("", "Reviewer", NotAllowed), ("", "Member", NotFound)],
)
def test_others_than_administrators_of_it_do_not_submit(
    desk: Desk, member: str, role: str, refusal: type[Exception]
) -> None:
    desk.fill()
    with pytest.raises(refusal):
        desk.step(desk.person(role, member), "submit")
    assert desk.state() == "draft"
    assert publishing.find("profile", desk.school.id).agreed_at is None


@pytest.mark.parametrize("step", ["publish", "send_back"])
def test_own_reviewer_does_not_decide(desk: Desk, step: str) -> None:
    desk.fill()
    desk.step(desk.ctx, "submit")
    with pytest.raises(NotAllowed):
        desk.step(desk.person("Reviewer", "OrgMember"), step, "Because.")
    assert desk.state() == "pending"


def test_own_reviewer_does_not_suspend(published: Desk) -> None:
    with pytest.raises(NotAllowed):
        published.step(published.person("Reviewer", "OrgMember"), "suspend", "Because.")


@pytest.mark.parametrize("step", ["retract", "suspend"])
def test_taking_from_the_public_needs_reasons(published: Desk, step: str) -> None:
    ctx = published.ctx if step == "retract" else published.person("Reviewer")
    with pytest.raises(Invalid):
        published.step(ctx, step)
    assert published.seen()


def test_profile_changed_in_review_goes_to_the_reviewer_again(desk: Desk) -> None:
    desk.fill()
    desk.step(desk.ctx, "submit")
    reviewer = desk.person("Reviewer")
    seen = publishing.find("profile", desk.school.id)
    service.save_profile(
        desk.person(member="OrgEditor"), desk.school.id, {**FULL, "roles": ["sending"]}, None
    )
    assert desk.state() == "pending"
    assert engine.ReviewTask.select().count() == 1
    with pytest.raises(Conflict):
        publishing.take_step(reviewer, seen, "publish", "", seen.version, False)
    desk.step(reviewer, "publish")
    assert found(desk.app.test_client(), role="sending") == ["Newcomer"]


def test_profile_in_review_stays_complete(desk: Desk) -> None:
    desk.fill()
    desk.step(desk.ctx, "submit")
    with pytest.raises(Invalid, match="Fill these in first"):
        desk.fill(roles=[])
    assert queries.stated(desk.school.id)[0]["roles"] == ["host"]
    desk.step(desk.ctx, "withdraw")
    desk.fill(roles=[])


def test_archived_profile_can_not_be_edited(published: Desk) -> None:
    published.step(published.ctx, "archive")
    with pytest.raises(NotAllowed):
        published.fill(roles=["sending"])


def test_members_are_told_what_was_decided(desk: Desk) -> None:
    desk.fill()
    desk.step(desk.ctx, "submit")
    desk.step(desk.person("Reviewer"), "send_back", "Name the workshop.")
    letter = mail.Outbox.get(mail.Outbox.kind == "partners/decided")
    assert letter.recipient == desk.admin.email
    assert "Name the workshop." in letter.text
    assert "/partners/newcomer/publication" in letter.text


def test_step_leaves_event_and_history(published: Desk) -> None:
    told = EventRow.select().where(EventRow.subject_type == "partners_profile")
    names = [row.name for row in told.order_by(EventRow.id)]
    assert names == ["review.asked", "partners_profile.submit", "partners_profile.publish"]
    obj = publishing.find("profile", published.school.id)
    assert [entry.target_state for entry in engine.history(obj)] == [
        "draft",
        "pending",
        "published",
    ]


# Shared with others


def test_profile_is_shared_for_a_time_from_its_page(desk: Desk, clock: FixedClock) -> None:
    desk.fill()
    guest = make_account(desk.app)
    page = f"/sharing/partners_profile/{desk.school.public_id}"
    mine = sign_in(desk.app.test_client(), desk.admin)
    theirs = sign_in(desk.app.test_client(), guest)
    assert page in mine.get("/partners/newcomer/publication").text
    assert theirs.get("/partners/newcomer").status_code == 404
    assert "Newcomer" not in theirs.get("/partners/your-drafts").text
    given = post(mine, page, who=guest.email, role="Viewer", expires_at="2026-11-25")
    assert given.status_code == 303
    assert theirs.get("/partners/newcomer").status_code == 200
    listed = theirs.get("/partners/your-drafts").text
    assert "Newcomer" in listed
    assert "shared with you" in listed
    for path in ("edit", "publication"):
        assert theirs.get(f"/partners/newcomer/{path}").status_code == 404
    assert theirs.get(page).status_code == 403
    clock.moment = clock.moment + timedelta(days=7)
    assert theirs.get("/partners/newcomer").status_code == 404
    assert "Newcomer" not in theirs.get("/partners/your-drafts").text


def test_who_may_edit_a_shared_profile_changes_its_promises_too(published: Desk) -> None:
    guest = published.person()
    obj = publishing.find("profile", published.school.id)
    sharing.share(published.ctx, obj, Account.get_by_id(guest.actor.account_id), "Editor")
    for promises in (["safety", "inclusion"], ["inclusion"], ["safety"]):
        service.save_profile(guest, published.school.id, {**FULL, "commitments": promises}, None)
    assert not queries.has_change(published.school.id)  # discarded: it said what is public
    for ctx, step in ((guest, "retract"), (guest, "archive")):
        with pytest.raises(NotAllowed):
            published.step(ctx, step, "Because.")


def test_reviewer_with_whom_it_is_shared_does_not_publish(desk: Desk) -> None:
    desk.fill()
    reviewer = desk.person("Reviewer")
    obj = publishing.find("profile", desk.school.id)
    sharing.share(desk.ctx, obj, Account.get_by_id(reviewer.actor.account_id), "Editor")
    desk.step(desk.ctx, "submit")
    with pytest.raises(Invalid, match="Another reviewer"):
        desk.step(reviewer, "publish")


def test_only_administrators_of_the_organisation_share(desk: Desk) -> None:
    obj, other = publishing.find("profile", desk.school.id), make_account(desk.app)
    for ctx, refusal in (
        (desk.person(member="OrgEditor"), NotAllowed),
        (desk.person("Reviewer"), NotAllowed),
        (desk.person(), NotFound),
    ):
        with pytest.raises(refusal):
            sharing.share(ctx, obj, other, "Viewer")


# Own drafts


def test_own_drafts_are_one_click_from_the_search(desk: Desk) -> None:
    mine = sign_in(desk.app.test_client(), desk.admin)
    assert 'href="/partners/your-drafts"' in mine.get("/partners").text
    listed = mine.get("/partners/your-drafts").text
    assert "/partners/newcomer/publication" in listed
    assert "your-drafts" not in desk.app.test_client().get("/partners").text


def test_office_alone_puts_nothing_among_own_drafts(desk: Desk) -> None:
    reviewer = make_account(desk.app, role="Reviewer")
    listed = sign_in(desk.app.test_client(), reviewer).get("/partners/your-drafts").text
    assert "Newcomer" not in listed
    assert "/organisations/new" in listed


# Changed promises


def test_changed_promises_wait_while_other_facts_are_saved(published: Desk) -> None:
    published.fill(roles=["sending"], commitments=["safety", "inclusion"])
    visitor = published.app.test_client()
    assert published.promises() == ["safety"]
    assert found(visitor, role="sending") == ["Newcomer"]
    assert found(visitor, commitment="inclusion") == []
    published.publish("change")
    assert published.promises() == ["inclusion", "safety"]
    assert found(visitor, commitment="inclusion") == ["Newcomer"]


def test_promise_that_stays_keeps_its_day_through_a_change(published: Desk) -> None:
    day = queries.stated(published.school.id)[1]["safety"]
    db.execute("UPDATE partners_commitment SET subscribed_on = '2020-01-01'")
    published.fill(commitments=["safety", "inclusion"])
    published.publish("change")
    assert queries.stated(published.school.id)[1] == {"safety": "2020-01-01", "inclusion": day}


def test_change_in_review_is_withdrawn_before_it_is_changed(published: Desk) -> None:
    published.fill(commitments=["inclusion"])
    published.step(published.ctx, "submit", what="change")
    with pytest.raises(Invalid) as refusal:
        published.fill(commitments=["recognition"])
    assert refusal.value.field == "commitments"
    published.fill(roles=["sending"], commitments=["inclusion"])
    published.step(published.ctx, "withdraw", what="change")
    published.fill(commitments=["recognition"])
    assert queries.open_change(published.school.id).promises == ["recognition"]


def test_change_back_to_the_public_version_is_none(published: Desk) -> None:
    published.fill(commitments=["inclusion"])
    published.fill(commitments=["safety"])
    assert Change.get().state == "discarded"
    assert not queries.has_change(published.school.id)


def test_own_reviewer_does_not_publish_a_change(published: Desk) -> None:
    published.fill(commitments=["inclusion"])
    published.step(published.ctx, "submit", what="change")
    with pytest.raises(NotAllowed):
        published.step(published.person("Reviewer", "OrgMember"), "publish", what="change")
    assert published.promises() == ["safety"]


def test_two_who_change_promises_get_both_texts(published: Desk) -> None:
    number = list_of("partner", published.school.id)[0].number
    published.fill(commitments=["inclusion"])
    with pytest.raises(Conflict) as refusal:
        service.save_profile(
            published.ctx, published.school.id, {"commitments": ["recognition"]}, number
        )
    assert refusal.value.texts["commitments"]["theirs"] == ["inclusion"]


def test_profile_with_a_change_under_way_is_not_retracted(published: Desk) -> None:
    published.fill(commitments=["inclusion"])
    with pytest.raises(Invalid, match="under way"):
        published.step(published.ctx, "retract", "Because.")


# Pages


@pytest.fixture
def small(app: Flask) -> Iterator[Desk]:
    """The same on SQLite alone, for pages."""
    app.test_client_class = Visit
    with app.app_context():
        yield Desk(app)


def page_of(organisation: Organisation) -> str:
    return f"/partners/{organisation.slug}/publication"


def test_member_walks_the_whole_way(small: Desk) -> None:
    client = sign_in(small.app.test_client(), small.admin)
    assert "Missing before you can submit it" in client.get(page_of(small.school)).text
    assert "the public does not see this profile" in client.get("/partners/newcomer").text
    small.fill()
    path = f"{page_of(small.school)}/profile/submit"
    assert post(client, path, page_of(small.school)).status_code == 422
    assert post(client, path, page_of(small.school), agree="yes").status_code == 303
    reviewer = sign_in(small.app.test_client(), make_account(small.app, role="Reviewer"))
    assert page_of(small.school) in reviewer.get("/tasks").text
    refused = post(reviewer, f"{page_of(small.school)}/profile/send_back", page_of(small.school))
    assert refused.status_code == 422
    decided = post(reviewer, f"{page_of(small.school)}/profile/publish", page_of(small.school))
    assert decided.status_code == 303
    assert small.seen()


def test_both_see_what_changes(small: Desk) -> None:
    small.fill()
    small.publish()
    small.fill(commitments=["inclusion"])
    small.step(small.ctx, "submit", what="change")
    reviewer = make_account(small.app, role="Reviewer")
    for account in (small.admin, reviewer):
        page = sign_in(small.app.test_client(), account).get(page_of(small.school)).text
        assert "<ins>will be promised</ins>" in page
        assert "<del>will no longer be promised</del>" in page


def test_text_of_a_refused_step_is_kept(small: Desk) -> None:
    small.fill()
    small.publish()
    small.fill(commitments=["inclusion"])
    client = sign_in(small.app.test_client(), small.admin)
    path = f"{page_of(small.school)}/profile/retract"
    page = post(client, path, page_of(small.school), comment="We move house.")
    assert page.status_code == 422
    assert "We move house." in page.text


@pytest.mark.parametrize("who", ["Member", ""])
def test_strangers_learn_nothing_from_the_page(small: Desk, who: str) -> None:
    client = small.app.test_client()
    if who:
        sign_in(client, make_account(small.app, role=who))
    there, missing = (
        client.get(path) for path in (page_of(small.school), "/partners/nobody/publication")
    )
    assert there.status_code == missing.status_code == (404 if who else 303)


def test_organisation_s_own_page_leads_to_the_next_step(small: Desk) -> None:
    client = sign_in(small.app.test_client(), small.admin)
    page = client.get("/organisations/newcomer/").text
    assert f'href="{page_of(small.school)}"' in page
    assert "Publish the profile" in page
