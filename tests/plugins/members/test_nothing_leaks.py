"""Whatever happens, nobody but an organisation's administrators is shown somebody else's address."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.members import accepting, invitations, joining, leaving, queries
from plugins.members.models import Invitation, JoinRequest, Signer
from plugins.notices.models import Notice
from portal.context import ANONYMOUS, SITE_ADMIN, Actor, Context
from portal.errors import PortalError
from portal.mail import Outbox
from portal.organisations import service as organisations
from portal.organisations.models import Organisation
from portal.people.models import Account, Throttle
from tests.factories import make_account, make_member, make_organisation, sign_in

NAMES = ("admin", "second", "editor", "signs", "stranger", "newcomer", "reviewer", "site")
ADDRESS = re.compile(r"[\w.-]+@canary\.example")
DEEDS = 30


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(1, 10))]
)
def test_no_address_is_shown_outside_the_administrators(
    make_portal: Callable[..., Flask], ctx: Context, seed: int
) -> None:
    app = make_portal()
    chance = random.Random(seed)
    people = {
        name: make_account(
            app, name=f"Person {name}", email=f"{name}@canary.example",
            role={"reviewer": "Reviewer", "site": SITE_ADMIN}.get(name, "Member"),
        )
        for name in NAMES
    }  # fmt: skip
    school = make_organisation("School", domain="canary.example", admin=people["admin"])
    make_member(school, people["second"])
    make_member(school, people["editor"], "OrgEditor")
    make_member(school, people["signs"], "OrgSignatory")
    browsers: dict[str, FlaskClient] = {"nobody": app.test_client()}
    browsers |= {name: sign_in(app.test_client(), people[name]) for name in NAMES}
    seen = 0
    for _round in range(2):
        with app.app_context():
            for _deed in range(DEEDS):
                with contextlib.suppress(PortalError):
                    do_something(ctx, chance, school, people)
            Throttle.delete().execute()
            pages = addresses(school)
            running = set(queries.administrators(school.id))
        for name, browser in browsers.items():
            own = {people[name].email} if name in people else set()
            for page in pages:
                text = browser.get(page, follow_redirects=True).text
                found = set(ADDRESS.findall(text)) - own
                if name in people and people[name].id in running:
                    seen += len(found)
                else:
                    assert not found, (name, page)
    assert seen > 0
    for mail in Outbox.select():
        assert set(ADDRESS.findall(mail.subject + mail.text + mail.html)) <= {mail.recipient}
    for notice in Notice.select():
        assert not ADDRESS.findall(str(notice.title) + str(notice.body) + notice.url)


def addresses(school: Organisation) -> list[str]:
    """Return the pages that say something about the people of a school."""
    own = f"/organisations/{school.slug}"
    inside = ("members", "members/invite", "members/signatory", "members/hand-over", "join", "")
    found = [f"{own}/{page}" for page in inside]
    found += [f"{own}/members/requests/{row.public_id}" for row in JoinRequest.select()]
    found += [invitations.path_of(row) for row in Invitation.select().limit(8)]
    return [*found, "/setup/members", f"/setup/members/{school.slug}", "/tasks", "/account/notices"]


def do_something(
    ctx: Context, chance: random.Random, school: Organisation, people: dict[str, Account]
) -> None:
    """Do one of the deeds as somebody, with whatever is there; most are refused."""
    who = people[chance.choice(NAMES)]
    roles = {"Member", *([SITE_ADMIN] if who.role == SITE_ADMIN else [])}
    mine = ctx.as_actor(Actor(who.id, who.name, frozenset(roles)))
    boss = ctx.as_actor(Actor(people["admin"].id, "Person admin", frozenset({"Member"})))
    email = chance.choice([item.email for item in people.values()] + ["unknown@canary.example"])
    person = chance.choice([item.public_id for item in people.values()])
    rows, asked = list(Invitation.select()), list(JoinRequest.select())
    row = chance.choice(rows) if rows else None
    request = chance.choice(asked) if asked else None
    signer = Signer.select().first()
    anyone = chance.choice([mine, ctx.as_actor(ANONYMOUS)])
    token = invitations.path_of(row).rpartition("/")[2] if row else "x"
    to_sign = {"name": "Head", "function": "head", "purpose": ""}
    deeds: list[Callable[[], object]] = [
        lambda: invitations.invite(boss, school, email=email, role="OrgMember"),
        lambda: invitations.invite_signatory(boss, school, email=email, **to_sign),
        lambda: invitations.hand_over(
            boss, school, person=person, email="", afterwards="OrgAdmin"
        ),
        lambda: invitations.hand_over_by_site(
            mine, school, person=person, email=email, reason="Gone"
        ),
        lambda: accepting.accept(anyone, token, "Head", chance.choice(["head", "other"])),
        lambda: accepting.accept(mine, token, "Head", "head"),
        lambda: accepting.decline(anyone, token),
        lambda: joining.ask(mine, school, message="Me"),
        lambda: row and accepting.confirm(boss, school, row),
        lambda: row and accepting.refuse(boss, school, row),
        lambda: row and invitations.withdraw(boss, school, row),
        lambda: row and invitations.send_again(boss, school, row),
        lambda: request and joining.decide(
            boss, school, request, decision=chance.choice(["accepted", "declined"]),
            role="OrgEditor", answer="",
        ),
        lambda: signer and accepting.end_signatory(boss, school, signer),
        lambda: leaving.leave(mine, school) if who.id != people["admin"].id else None,
        lambda: organisations.remove_member(boss, school, who.id) if who.id != boss.actor.account_id
        else None,
    ]  # fmt: skip
    chance.choice(deeds)()
