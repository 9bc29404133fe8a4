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


def test_a_changed_password_ends_other_sessions_and_is_told_by_mail(
    app: Flask, guest: Context
) -> None:
    account = make_account(app)
    service.sign_in(guest, account.email, PASSWORD, HOME)
    token = service.change_password(as_owner(app, account), PASSWORD, NEW, HOME)
    assert [row.token_hash for row in Session.select()] == [token_hash(token)]
    assert [row.kind for row in mails()] == ["password-changed"]
    assert service.sign_in(guest, account.email, NEW, HOME)


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
        service.sign_in(guest, account.email, PASSWORD, HOME)
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
