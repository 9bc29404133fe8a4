"""How often links may be asked for."""

from __future__ import annotations

import pytest
from flask import Flask

from plugins.signin import service
from portal import db
from portal.context import Context
from portal.errors import Invalid, TooMany
from portal.people import service as people
from portal.people.service import Visit
from tests.factories import PASSWORD, make_account


def test_a_reset_opens_an_address_that_was_guessed_at(app: Flask, ctx: Context) -> None:
    account = make_account(app)
    with app.app_context():
        for _try in range(20):
            with pytest.raises(Invalid):
                people.sign_in(ctx, account.email, "some other words", Visit("192.0.2.1"))
        service.request_reset(ctx, account.email, Visit("192.0.2.1"))
        text = db.query("SELECT text FROM outbox ORDER BY id DESC")[0][0]
        token = text.split("/account/reset/")[1].split()[0]
        service.reset_password(ctx, token, "nine quiet lanterns")
        assert people.sign_in(ctx, account.email, "nine quiet lanterns", Visit("192.0.2.1"))


@pytest.mark.parametrize("email", ["known@school.example", "nobody@school.example"])
def test_one_address_gets_three_reset_mails_an_hour(app: Flask, ctx: Context, email: str) -> None:
    make_account(app, email="known@school.example")
    with app.app_context():
        for _mail in range(3):
            service.request_reset(ctx, email, Visit("192.0.2.1"))
        with pytest.raises(TooMany):
            service.request_reset(ctx, email, Visit("198.51.100.1"))
        assert db.query("SELECT count(*) FROM outbox") == [(3,)]


def test_one_address_gets_three_registration_mails_an_hour(app: Flask, ctx: Context) -> None:
    with app.app_context():
        for _mail in range(3):
            service.register(ctx, "new@school.example", "New", PASSWORD, Visit("192.0.2.1"))
        with pytest.raises(TooMany):
            service.register(ctx, "new@school.example", "New", PASSWORD, Visit("192.0.2.1"))


def test_one_network_registers_sixty_accounts_an_hour(app: Flask, ctx: Context) -> None:
    with app.app_context():
        for number in range(60):
            service.register(ctx, f"p{number}@school.example", "New", PASSWORD, Visit("192.0.2.1"))
        with pytest.raises(TooMany):
            service.register(ctx, "p60@school.example", "New", PASSWORD, Visit("192.0.2.1"))
