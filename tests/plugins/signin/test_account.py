"""What people do with their own account, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from plugins.signin import service
from portal import mail
from portal.context import ANONYMOUS, Actor, Context
from portal.errors import Invalid, NotAllowed
from portal.people import service as people
from portal.people.models import Account, Session
from portal.people.service import Visit
from portal.web.heartbeat import token_hash
from tests.factories import PASSWORD, clocked, make_account

NEW = "nine quiet lanterns"
HOME = Visit("192.0.2.1")


@pytest.fixture
def app(any_app: Flask) -> Any:
    with any_app.app_context():
        yield any_app


@pytest.fixture
def guest(app: Flask) -> Context:
    return clocked(app).as_actor(ANONYMOUS)


def as_owner(app: Flask, account: Account) -> Context:
    return clocked(app).as_actor(Actor(account.id, account.name, frozenset({"Member"})))


def mails() -> list[mail.Outbox]:
    return list(mail.Outbox.select().order_by(mail.Outbox.id))


def test_a_changed_password_ends_other_sessions_and_is_told_by_mail(
    app: Flask, guest: Context
) -> None:
    account = make_account(app)
    people.sign_in(guest, account.email, PASSWORD, HOME)
    token = service.change_password(as_owner(app, account), PASSWORD, NEW, HOME)
    assert [row.token_hash for row in Session.select()] == [token_hash(token)]
    assert [row.kind for row in mails()] == ["password-changed"]
    assert people.sign_in(guest, account.email, NEW, HOME)


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [("some other words", NEW, "current_password"), (PASSWORD, "password1", "new_password")],
)
def test_a_password_change_is_refused_beside_the_field(
    app: Flask, current: str, new: str, field: str
) -> None:
    account = make_account(app)
    with pytest.raises(Invalid) as refusal:
        service.change_password(as_owner(app, account), current, new, HOME)
    assert refusal.value.field == field


def test_signing_out_everywhere_ends_the_own_sessions_only(app: Flask, guest: Context) -> None:
    one, other = make_account(app), make_account(app)
    for account in (one, one, other):
        people.sign_in(guest, account.email, PASSWORD, HOME)
    service.sign_out_everywhere(as_owner(app, one))
    assert [row.account_id for row in Session.select()] == [other.id]


def test_name_language_and_colours_are_the_owners(app: Flask) -> None:
    account = make_account(app)
    service.update_account(as_owner(app, account), name=" New\tName ", locale="lv", scheme="dark")
    account = Account.get_by_id(account.id)
    assert (account.name, account.locale, account.scheme) == ("New Name", "lv", "dark")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": " ", "locale": "", "scheme": ""}),
        ("locale", {"name": "A", "locale": "xx", "scheme": ""}),
        ("scheme", {"name": "A", "locale": "", "scheme": "neon"}),
    ],
)
def test_unknown_choices_for_an_account_are_refused(
    app: Flask, field: str, values: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        service.update_account(as_owner(app, make_account(app)), **values)
    assert refusal.value.field == field


def test_a_guest_has_no_account_to_change(guest: Context) -> None:
    with pytest.raises(NotAllowed):
        service.update_account(guest, name="A", locale="", scheme="")
