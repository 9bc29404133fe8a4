"""Whatever two organisations do with each other, neither learns whose people are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from plugins.projects.models import Participation, Project
from plugins.requests import enquiring, reminding, replying, telling
from plugins.requests.models import Enquiry, Invitation, PartnerRequest, Reply, Silence
from plugins.tasks import service as tasks
from portal import workflow
from portal.context import Actor, Context
from portal.errors import PortalError
from portal.mail import Outbox
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import make_account, make_member, sign_in
from tests.plugins.partners.conftest import store_partner
from tests.plugins.requests.conftest import make_request

NUMBERS = count(1)
PROFILE = {"fields": ["0721"], "roles": ["host"]}
ACTS = (
    "ask", "ask about", "answer", "go on", "decline", "close", "tell", "reply", "choose", "invite",
    "remind", "a week passes", "a month passes",
)  # fmt: skip
PLACES = (
    "/", "/partners", "/requests", "/requests.atom", "/requests/mine", "/api/v1/partners",
    "/api/v1/requests", "/api/v1/openapi.json", "/enquiries", "/enquiries/method", "/tasks",
    "/account/notices",
)  # fmt: skip
VALUES: dict[str, Any] = {
    **dict.fromkeys(("starts_on", "ends_on", "places")), "price_note": "", "text": "Yes.",
    "covers": [],
}  # fmt: skip


class Side:
    """An organisation with two people, each with marks that stand nowhere else."""

    def __init__(self, app: Flask, name: str) -> None:
        self.marks: list[str] = []
        self.people = [self._person(app) for _number in range(2)]
        admin, editor = self.people
        number = next(NUMBERS)
        self.slug = f"{name}-{number}"
        self.organisation: Organisation = store_partner(
            app, f"{name} {number}", admin=admin, slug=self.slug, profile=PROFILE
        )
        make_member(self.organisation, editor, "OrgEditor")
        self.client: FlaskClient = sign_in(app.test_client(), editor)

    def _person(self, app: Flask) -> Account:
        number = next(NUMBERS)
        self.marks += [f"mark{number}@box{number}.example", f"Markname{number}"]
        return make_account(app, name=f"Markname{number} x", email=self.marks[-2])

    def acting(self, ctx: Context) -> Context:
        editor = self.people[1]
        return ctx.as_actor(Actor(editor.id, editor.name, frozenset({"Member"})))


def seen_by(side: Side, sides: list[Side]) -> Iterator[tuple[str, str]]:
    """Yield all that one side can come to read: pages, feeds, API, and the mails it gets."""
    slugs = [f"/partners/{other.slug}" for other in sides]
    threads = [f"/enquiries/{row.public_id}" for row in Enquiry.select()]
    wanted = [f"/requests/{row.slug}" for row in PartnerRequest.select()]
    parts = ("", "/fits", "/replies", "/replies?as=csv", "/reply")
    places = [*PLACES, *slugs, *threads, *(place + part for place in wanted for part in parts)]
    places += [f"{slug}{part}" for slug in slugs for part in ("/enquiry", "/past-partners")]
    for place in places:
        answer = side.client.get(place)
        assert answer.status_code < 500, place
        yield place, answer.text + str(answer.headers)
    mine = [person.email for person in side.people]
    for mail in Outbox.select().where(Outbox.recipient.in_(mine)):
        yield f"mail: {mail.subject}", mail.subject + mail.text


def act(name: str, ctx: Context, clock: Any, school: Side, host: Side, entry: Organisation) -> None:
    """Do one of the things that people and the portal do; what is refused is refused."""
    row = PartnerRequest.select().order_by(PartnerRequest.id.desc()).get()
    thread = Enquiry.select().order_by(Enquiry.id.desc()).first()
    mine, theirs = school.acting(ctx), host.acting(ctx)
    if name in {"ask", "ask about"}:
        about = entry if name == "ask about" else None
        enquiring.ask(mine, school.organisation, host.organisation, "A question", about)
    elif name in {"answer", "decline"} and thread:
        ending = "decline" if name == "decline" else ""
        enquiring.go_on(theirs, thread, "An answer", is_answer=True, ending=ending)
    elif name in {"go on", "close"} and thread:
        ending = "close" if name == "close" else ""
        enquiring.go_on(mine, thread, "A word", is_answer=False, ending=ending)
    elif name == "tell":
        telling.tell(mine, row, [host.organisation.id])
    elif name == "reply":
        replying.answer(theirs, row, host.organisation, VALUES)
    elif name == "choose" and Reply.select().exists():
        workflow.move(mine, Reply.select().order_by(Reply.id.desc()).get(), "choose", "Welcome")
    elif name == "invite":
        telling.invite(mine, row, entry, "info")
    elif name == "remind":
        reminding.remind(ctx)
        reminding.fade(ctx)
        tasks.take_due(ctx)
    elif name.endswith("passes"):
        clock.moment += timedelta(days=7 if "week" in name else 31)


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    return make_portal(plugins=["requests", "projects"])


@pytest.mark.parametrize("tries", [1, pytest.param(40, marks=pytest.mark.full)])
def test_no_address_or_name_of_a_person_is_shown_to_the_other_side(
    app: Flask, ctx: Context, clock: Any, tries: int
) -> None:
    school, host, stranger = (Side(app, name) for name in ("School", "Host", "Stranger"))
    entry = store_partner(app, "Entry", slug="entry", domain="entry.example")
    project = Project.create(key="p", acronym="TILES", title="A project")
    for organisation in (entry, host.organisation):
        Participation.create(project=project, organisation=organisation, role="partner")
    sides, start, looks = [school, host, stranger], clock.moment, 0

    @settings(max_examples=tries, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(st.lists(st.sampled_from(ACTS), min_size=4, max_size=12))
    @example([*ACTS, "answer", "a week passes", "remind", "a month passes", "remind"])
    def look(acts: list[str]) -> None:
        nonlocal looks
        clock.moment = start
        for model in (Enquiry, PartnerRequest, Invitation, Silence):
            model.delete().execute()
        make_request(app, school.organisation)
        for name in acts:
            with app.app_context(), suppress(PortalError):
                act(name, ctx, clock, school, host, entry)
        clock.moment = start + timedelta(hours=1)  # sessions last
        for side in sides:
            hidden = [mark for other in sides if other is not side for mark in other.marks]
            for place, text in seen_by(side, sides):
                looks += 1
                assert [mark for mark in hidden if mark in text] == [], place

    look()
    assert looks > 150
