"""Where somebody is signed in: list, sign out, mails about new browsers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from plugins.signin.models import Device
from portal import db, mail
from portal.clock import FixedClock
from portal.people.models import Account, Session
from tests.factories import make_account, post, sign_in
from tests.plugins.signin.conftest import is_signed_in
from tests.visiting import Visitor

DEVICES = "/account/devices"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def signed_in(app: Flask, account: Account, agent: str = FIREFOX) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = agent
    return sign_in(client, account)


def numbers(client: FlaskClient) -> list[str]:
    return re.findall(rf"{DEVICES}/(\w+)/sign-out", client.get(DEVICES).text)


def test_one_device_is_signed_out_and_the_others_stay(any_app: Flask) -> None:
    app = any_app
    account = make_account(app)
    here, there, third = (signed_in(app, account) for _device in range(3))
    page = Visitor(here)(DEVICES)
    assert page.text.count("Firefox, Linux</b>") == 3 and page.text.count("this one") == 1
    first = numbers(here)[0]
    answer = post(here, f"{DEVICES}/{first}/sign-out", page=DEVICES)
    assert answer.location == DEVICES
    assert sorted(map(is_signed_in, (here, there, third))) == [False, True, True]
    assert is_signed_in(here)
    assert post(here, f"{DEVICES}/{first}/sign-out", page=DEVICES).status_code == 404


def test_nobody_signs_out_somebody_elses_device(app: Flask) -> None:
    mine, account = signed_in(app, make_account(app)), make_account(app)
    theirs, other = signed_in(app, account), signed_in(app, account)
    number = numbers(theirs)[0]
    assert post(mine, f"{DEVICES}/{number}/sign-out", page=DEVICES).status_code == 404
    assert is_signed_in(other) and numbers(mine) == []
    kept = db.query("SELECT token_hash FROM session")
    assert number not in str(kept)


def test_a_new_browser_is_told_by_mail_and_a_known_one_is_not(
    app: Flask, clock: FixedClock
) -> None:
    account = make_account(app)
    first = signed_in(app, account)
    assert mail.Outbox.select().count() == 0  # the very first is no news
    for _again in range(2):
        clock.moment += timedelta(days=1)
        post(first, "/account/sign-out", page="/account/")
        sign_in(first, account)
    assert mail.Outbox.select().count() == 0
    assert Device.select().count() == 1
    signed_in(app, account)
    told = mail.Outbox.get()
    assert (told.kind, told.recipient) == ("signin/new-device", account.email)
    assert "Firefox, Linux" in told.text and "/account/devices" in told.text


def test_the_cookie_of_a_device_opens_nothing(app: Flask) -> None:
    account = make_account(app)
    first = signed_in(app, account)
    kept: Any = first.get_cookie("portal_device", path="/account")
    assert kept.http_only and kept.path == "/account"
    other = app.test_client()
    other.set_cookie("portal_device", kept.value, path="/account")
    assert not is_signed_in(other)
    assert kept.value not in str(db.query("SELECT * FROM signin_device"))


def test_a_planted_cookie_is_nobodys_device(app: Flask) -> None:
    account = make_account(app)
    for planted in ("", "short", "x" * 4_000):
        client = app.test_client()
        client.set_cookie("portal_device", planted, path="/account")
        sign_in(client, account)
    assert Device.select().count() == 3
    assert Session.select().count() == 3
