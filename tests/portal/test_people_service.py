"""What people do with their accounts, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from portal import mail
from portal.context import ANONYMOUS, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed
from portal.people import passwords, service
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


@pytest.mark.parametrize("state", ["unknown", "wrong password", "unconfirmed", "disabled"])
def test_every_refused_sign_in_says_the_same(app: Flask, guest: Context, state: str) -> None:
    account = make_account(app, verified=state != "unconfirmed")
    if state == "disabled":
        service.set_disabled(clocked(app), account.email, disabled=True)
    email = "nobody@school.example" if state == "unknown" else account.email
    password = "some other words" if state == "wrong password" else PASSWORD
    with pytest.raises(Invalid) as refusal:
        service.sign_in(guest, email, password, HOME)
    assert refusal.value.message.startswith("Address and password do not fit together")


@pytest.mark.parametrize("email", ["known", "nobody@school.example", "no address at all"])
def test_a_refused_sign_in_checks_one_password_hash(
    app: Flask, guest: Context, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, checked = make_account(app), []
    passwords.decoy(True)
    hasher = passwords.hasher(True)
    monkeypatch.setattr(passwords, "hasher", lambda _testing: Spy(hasher, checked))
    with pytest.raises(Invalid):
        service.sign_in(guest, account.email if email == "known" else email, "other words", HOME)
    assert len(checked) == 1


class Spy:
    def __init__(self, hasher: Any, checked: list[str]) -> None:
        self.hasher, self.checked = hasher, checked

    def verify(self, stored: str, password: str) -> bool:
        self.checked.append(stored)
        return bool(self.hasher.verify(stored, password))


def test_signing_in_ends_the_session_the_browser_had(app: Flask, guest: Context) -> None:
    account = make_account(app)
    first = service.sign_in(guest, account.email, PASSWORD, HOME)
    again = Visit("192.0.2.1", former=first)
    second = service.sign_in(guest, account.email, PASSWORD, again)
    assert [row.token_hash for row in Session.select()] == [token_hash(second)]


def test_an_old_hash_is_renewed_at_sign_in(app: Flask, guest: Context) -> None:
    old = passwords.CAREFUL.hash(PASSWORD)
    account = make_account(app, password_hash=old)
    service.sign_in(guest, account.email, PASSWORD, HOME)
    renewed = Account.get_by_id(account.id).password_hash
    assert renewed != old
    assert passwords.fits(renewed, PASSWORD, testing=True)
    assert not passwords.is_outdated(renewed, testing=True)


def test_a_broken_hash_lets_nobody_in(app: Flask, guest: Context) -> None:
    account = make_account(app, password_hash="not a hash")
    with pytest.raises(Invalid):
        service.sign_in(guest, account.email, PASSWORD, HOME)


def test_a_password_reset_between_check_and_session_lets_nobody_in(
    app: Flask, guest: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account(app)
    prove = service.prove

    def prove_then_reset(*args: Any) -> Account:
        found = prove(*args)
        Account.update(password_hash="another").where(Account.id == account.id).execute()
        return found

    monkeypatch.setattr(service, "prove", prove_then_reset)
    with pytest.raises(Invalid):
        service.sign_in(guest, account.email, PASSWORD, HOME)
    assert Session.select().count() == 0


def test_an_address_has_one_account(app: Flask) -> None:
    account = make_account(app)
    with pytest.raises(Conflict):
        make_account(app, email=account.email.upper())


def test_only_administrators_create_promote_and_disable(app: Flask) -> None:
    account = make_account(app)
    ctx = as_owner(app, account)
    for verb in (
        lambda: service.create_account(ctx, email="a@b.example", name="A", password=NEW),
        lambda: service.promote(ctx, account.email, "SiteAdmin"),
        lambda: service.set_disabled(ctx, account.email, disabled=True),
    ):
        with pytest.raises(NotAllowed):
            verb()


def test_a_new_role_starts_with_a_new_session(app: Flask, guest: Context) -> None:
    account = make_account(app)
    service.sign_in(guest, account.email, PASSWORD, HOME)
    service.promote(clocked(app), account.email, "Reviewer")
    assert Account.get_by_id(account.id).role == "Reviewer"
    assert Session.select().count() == 0


def test_an_unknown_role_is_refused(app: Flask) -> None:
    with pytest.raises(Invalid, match="Member, Reviewer, SiteAdmin"):
        service.promote(clocked(app), make_account(app).email, "Emperor")
