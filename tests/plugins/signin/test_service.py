"""How people come to an account and back into it, on both databases."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.setup import service as setup
from plugins.signin import service
from portal import db, mail
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, Invalid, NotFound
from portal.people import service as people
from portal.people import sessions
from portal.people.models import Account, AccountToken, Session
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


def mails() -> list[mail.Outbox]:
    return list(mail.Outbox.select().order_by(mail.Outbox.id))


def mailed_token() -> str:
    found = re.search(r"/account/(?:verify|reset)/(\S+)", mails()[-1].text)
    assert found
    return found[1]


def register(guest: Context, email: str = "new@school.example", password: str = PASSWORD) -> None:
    service.register(guest, email, "New Person", password, HOME)


def test_a_new_account_waits_for_its_address_to_be_confirmed(guest: Context) -> None:
    register(guest)
    with pytest.raises(Invalid, match="not confirmed"):
        people.sign_in(guest, "new@school.example", PASSWORD, HOME)


def test_the_link_and_the_password_confirm_an_address_and_sign_in(guest: Context) -> None:
    register(guest)
    session = service.verify_email(guest, mailed_token(), PASSWORD, HOME)
    assert Session.get_by_id(token_hash(session)).account.verified_at == guest.clock.now()
    assert people.sign_in(guest, "NEW@school.example ", PASSWORD, HOME)


def test_the_link_without_the_password_confirms_nothing(guest: Context) -> None:
    register(guest)
    with pytest.raises(Invalid):
        service.verify_email(guest, mailed_token(), "some other words", HOME)
    assert Account.get().verified_at is None
    assert service.verify_email(guest, mailed_token(), PASSWORD, HOME)


def test_who_registers_an_unconfirmed_address_again_makes_the_first_link_useless(
    guest: Context,
) -> None:
    register(guest)
    first = mailed_token()
    register(guest, password=NEW)
    with pytest.raises(NotFound):
        service.verify_email(guest, first, PASSWORD, HOME)
    assert service.verify_email(guest, mailed_token(), NEW, HOME)


def test_registering_a_known_address_changes_nothing_and_tells_its_owner(
    app: Flask, guest: Context
) -> None:
    account = make_account(app)
    register(guest, account.email, NEW)
    assert [row.kind for row in mails()] == ["signin/known-address"]
    assert Account.get_by_id(account.id).password_hash == account.password_hash
    assert AccountToken.select().count() == 0


def test_a_registration_mail_carries_nothing_that_was_typed_besides_the_address(
    guest: Context,
) -> None:
    service.register(guest, "new@school.example", "Buy at evil.example", PASSWORD, HOME)
    assert "evil" not in mails()[0].text + mails()[0].subject + mails()[0].html


@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_a_link_ends_with_its_time(app: Flask, guest: Context, purpose: str, clock: Any) -> None:
    if purpose == "verify":
        register(guest)
        life = timedelta(days=3)
    else:
        service.request_reset(guest, make_account(app).email, HOME)
        life = timedelta(hours=1)
    clock.moment += life - timedelta(seconds=1)
    assert service.token_account(guest, mailed_token(), purpose)
    clock.moment += timedelta(seconds=1)
    with pytest.raises(NotFound):
        service.token_account(guest, mailed_token(), purpose)


def test_a_link_serves_its_own_purpose_only(app: Flask, guest: Context) -> None:
    service.request_reset(guest, make_account(app).email, HOME)
    with pytest.raises(NotFound):
        service.verify_email(guest, mailed_token(), PASSWORD, HOME)


def test_only_the_hash_of_a_link_is_kept(app: Flask, guest: Context) -> None:
    service.request_reset(guest, make_account(app).email, HOME)
    assert AccountToken.get().token_hash == token_hash(mailed_token())


def test_a_reset_sets_the_password_once_and_ends_all_sessions(app: Flask, guest: Context) -> None:
    account = make_account(app)
    people.sign_in(guest, account.email, PASSWORD, HOME)
    service.request_reset(guest, account.email, HOME)
    token = mailed_token()
    service.reset_password(guest, token, NEW)
    assert Session.select().count() == 0
    assert people.sign_in(guest, account.email, NEW, HOME)
    with pytest.raises(Invalid):
        people.sign_in(guest, account.email, PASSWORD, HOME)
    with pytest.raises(NotFound):
        service.reset_password(guest, token, "yet another phrase")


def test_a_refused_password_leaves_the_link_good(app: Flask, guest: Context) -> None:
    service.request_reset(guest, make_account(app).email, HOME)
    with pytest.raises(Invalid):
        service.reset_password(guest, mailed_token(), "password")
    service.reset_password(guest, mailed_token(), NEW)


def test_a_reset_confirms_the_address_too(app: Flask, guest: Context) -> None:
    account = make_account(app, verified=False)
    service.request_reset(guest, account.email, HOME)
    service.reset_password(guest, mailed_token(), NEW)
    assert people.sign_in(guest, account.email, NEW, HOME)


def test_a_reset_of_an_unknown_address_is_told_by_mail_alone(guest: Context) -> None:
    service.request_reset(guest, "nobody@school.example", HOME)
    assert [row.kind for row in mails()] == ["signin/no-account"]
    assert AccountToken.select().count() == 0


def test_of_fifty_uses_of_one_link_at_once_one_succeeds(app: Flask, guest: Context) -> None:
    service.request_reset(guest, make_account(app).email, HOME)
    token, outcomes = mailed_token(), []

    def use() -> None:
        with app.app_context(), db.database.connection_context():
            try:
                service.reset_password(guest, token, NEW)
                outcomes.append("set")
            except NotFound:
                outcomes.append("over")

    threads = [threading.Thread(target=use) for _number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["over"] * 49 + ["set"]


def test_of_many_registrations_of_one_address_at_once_one_account_comes(
    app: Flask, guest: Context
) -> None:
    failures: list[Exception] = []

    def ask() -> None:
        with app.app_context(), db.database.connection_context():
            try:
                register(guest)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=ask) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failures, Account.select().count(), AccountToken.select().count()) == ([], 1, 1)


def test_sessions_and_links_that_are_over_are_deleted(
    app: Flask, guest: Context, clock: Any
) -> None:
    account = make_account(app)
    people.sign_in(guest, account.email, PASSWORD, HOME)
    service.request_reset(guest, account.email, HOME)
    sessions.expire(guest)
    assert (Session.select().count(), AccountToken.select().count()) == (1, 1)
    clock.moment += timedelta(days=14)
    sessions.expire(guest)
    assert (Session.select().count(), AccountToken.select().count()) == (0, 0)


def test_an_account_that_an_administrator_made_gets_the_link(app: Flask, guest: Context) -> None:
    make_account(app, verified=False)
    assert [row.kind for row in mails()] == ["signin/verify"]
    assert service.verify_email(guest, mailed_token(), PASSWORD, HOME)


def test_who_is_asked_once_more_gets_a_link_that_replaces_the_first(
    app: Flask, guest: Context
) -> None:
    account = make_account(app, verified=False)
    first = mailed_token()
    setup.resend_verification(clocked(app), account.email)
    with pytest.raises(NotFound):
        service.verify_email(guest, first, PASSWORD, HOME)
    assert service.verify_email(guest, mailed_token(), PASSWORD, HOME)


def test_who_has_confirmed_is_not_asked_again(app: Flask) -> None:
    account = make_account(app)
    with pytest.raises(Conflict):
        setup.resend_verification(clocked(app), account.email)
    assert mails() == []
