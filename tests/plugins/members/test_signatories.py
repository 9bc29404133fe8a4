"""Whoever signs confirms name and function with a link, without an account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from plugins.members import accepting, invitations, queries
from plugins.members.interface import signatories
from plugins.members.models import HELD, Invitation, Signer
from portal import db
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.events import EventRow
from portal.organisations import service as organisations
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import make_account, post
from tests.plugins.members.conftest import (
    acting,
    again,
    browser,
    link_to,
    make_school,
    role_of,
    take_back,
    token_to,
)
from tests.visiting import Visitor

HEAD = "head@mail.example"
ASKED = {"email": HEAD, "name": "Head of Riga", "function": "head", "purpose": "Agreements"}


@pytest.fixture
def asked(portal: Flask, ctx: Context) -> tuple[Organisation, dict[str, Account], Invitation]:
    """A school whose administrator asked the head."""
    school, people = make_school(portal)
    row = invitations.invite_signatory(acting(ctx, people["admin"]), school, **ASKED)
    return school, people, row


Asked = tuple[Organisation, dict[str, Account], Invitation]


def test_a_head_confirms_without_an_account(portal: Flask, ctx: Context, asked: Asked) -> None:
    school, _people, _row = asked
    visitor = ctx.as_actor(ANONYMOUS)

    assert signatories(school) == []
    assert accepting.accept(visitor, token_to(HEAD), "head of riga", "Head")

    (found,) = signatories(school)
    assert (found.name, found.function, found.email) == ("head of riga", "Head", HEAD)
    assert found.account_id is None and found.confirmed_at == ctx.clock.now()
    assert EventRow.select().where(EventRow.name == "signatory.confirmed").count() == 1
    later = make_account(portal, email=HEAD)
    assert signatories(school)[0].account_id == later.id
    assert role_of(school, later) == ""


def test_another_name_is_held(portal: Flask, ctx: Context, asked: Asked) -> None:
    school, people, row = asked
    visitor = ctx.as_actor(ANONYMOUS)
    with pytest.raises(Invalid):
        accepting.accept(visitor, token_to(HEAD), "Head of Riga", " ")
    assert not accepting.accept(visitor, token_to(HEAD), "Somebody Else", "head")
    assert again(row).state == HELD and signatories(school) == []
    with pytest.raises(Conflict):
        accepting.accept(visitor, token_to(HEAD), "Head of Riga", "head")
    accepting.confirm(acting(ctx, people["admin"]), school, again(row))
    assert [item.name for item in signatories(school)] == ["Somebody Else"]


def test_another_account_is_held(portal: Flask, ctx: Context, asked: Asked) -> None:
    school, people, row = asked
    other = people["stranger"]
    assert not accepting.accept(acting(ctx, other), token_to(HEAD), "Head of Riga", "head")
    accepting.confirm(acting(ctx, people["admin"]), school, again(row))
    assert [item.account_id for item in signatories(school)] == [other.id]
    assert signatories(school)[0].email == other.email


def test_with_an_account_the_role_comes_and_goes(portal: Flask, ctx: Context, asked: Asked) -> None:
    school, people, _row = asked
    head, admin = make_account(portal, email=HEAD), acting(ctx, people["admin"])
    accepting.accept(acting(ctx, head), token_to(HEAD), "Head of Riga", "head")
    assert role_of(school, head) == "OrgSignatory"

    signer = queries.signer(school, signatories(school)[0].public_id)
    with pytest.raises(NotAllowed):
        accepting.end_signatory(acting(ctx, people["editor"]), school, signer)
    assert accepting.end_signatory(admin, school, signer)
    assert signatories(school) == [] and role_of(school, head) == ""
    with pytest.raises(Conflict):
        accepting.end_signatory(admin, school, signer)
    accepting.bring_signatory_back(admin, school, signer, had_role=True)
    assert len(signatories(school)) == 1 and role_of(school, head) == "OrgSignatory"


def test_an_editor_who_signs_stays_an_editor(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    admin, editor = acting(ctx, people["admin"]), people["editor"]
    invitations.invite_signatory(admin, school, **ASKED | {"email": editor.email})
    token = token_to(editor.email)
    accepting.accept(acting(ctx, editor), token, ASKED["name"], ASKED["function"])
    assert role_of(school, editor) == "OrgEditor"
    assert [item.account_id for item in signatories(school)] == [editor.id]


def test_who_got_the_role_by_hand_is_named_too(portal: Flask, ctx: Context) -> None:
    school, people = make_school(portal)
    organisations.add_member(ctx, school, people["member"].id, "OrgSignatory")
    (found,) = signatories(school)
    assert (found.public_id, found.account_id) == ("", people["member"].id)


def test_who_confirms_again_is_named_once(portal: Flask, ctx: Context, asked: Asked) -> None:
    school, people, _row = asked
    visitor = ctx.as_actor(ANONYMOUS)
    accepting.accept(visitor, token_to(HEAD), ASKED["name"], ASKED["function"])
    more: dict[str, Any] = ASKED | {"function": "director"}
    invitations.invite_signatory(acting(ctx, people["admin"]), school, **more)
    accepting.accept(visitor, token_to(HEAD), ASKED["name"], "director")
    assert [item.function for item in signatories(school)] == ["director"]


def test_of_many_who_confirm_at_once_one_is_kept(portal: Flask, ctx: Context, asked: Asked) -> None:
    school, _people, _row = asked
    token, visitor = token_to(HEAD), ctx.as_actor(ANONYMOUS)

    def confirm(_number: int) -> str:
        with portal.app_context():
            try:
                return str(accepting.accept(visitor, token, ASKED["name"], ASKED["function"]))
            except (Conflict, NotFound) as error:
                return type(error).__name__
            finally:
                db.database.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(confirm, range(6)))

    assert answers.count("True") == 1
    assert set(answers) <= {"True", "Conflict", "NotFound"}
    assert Signer.select().count() == len(signatories(school)) == 1


def test_the_way_of_a_head(app: Flask) -> None:
    school, people = make_school(app)
    office, path = browser(app, people["admin"]), f"/organisations/{school.slug}/members"
    Visitor(office)(f"{path}/signatory")
    assert post(office, f"{path}/signatory", **ASKED | {"function": ""}).status_code == 422
    post(office, f"{path}/signatory", **ASKED)
    guest, link = browser(app), link_to(HEAD)
    page = Visitor(guest)(link).text
    assert 'value="Head of Riga"' in page and "Agreements" in page
    refused = post(guest, link, name="", function="head")
    assert refused.status_code == 422 and "Write your name." in refused.text
    done = post(guest, link, name="Head of Riga", function="head")
    assert "Thank you, it is confirmed" in done.text
    assert "This invitation is open no more" in Visitor(guest)(link, 404).text
    assert "without an account" in Visitor(office)(path).text
    post(office, f"{path}/signatories/{Signer.get().public_id}/end", path)
    assert Signer.get().ended_at is not None
    take_back(office, path)
    assert Signer.get().ended_at is None
