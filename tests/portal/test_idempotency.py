"""What is sent twice is done once, and an error of ours leaves nothing behind."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient

from portal import db
from portal.clock import FixedClock
from portal.errors import Invalid
from portal.organisations import service
from portal.organisations.models import Organisation
from portal.people import throttle
from portal.web import idempotency
from portal.web.access import ANYONE, allow
from portal.web.heartbeat import context
from tests.factories import csrf_token, make_account, sign_in

NEW = "/organisations/new"
TYPED = {"name": "School of Boats", "country": "DE", "type": "vet-school", "city": "Kiel"}


@pytest.fixture
def member(app: Flask) -> FlaskClient:
    return sign_in(app.test_client(), make_account(app))


def filled(client: FlaskClient, page: str = NEW) -> dict[str, str]:
    """Return the hidden fields of a page's main form, as a browser would send them."""
    form = re.search(r'<form class="form".*?</form>', client.get(page).text, re.S)
    assert form
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return dict(hidden)


def add_route(app: Flask, path: str, view: Any) -> None:
    """Give the app one more address, as a plugin would."""
    app._got_first_request = False
    app.add_url_rule(path, path, allow(ANYONE)(view), methods=["POST"])


def schools() -> int:
    return int(Organisation.select().where(Organisation.name == "School of Boats").count())


def test_each_form_of_the_page_carries_a_key_of_its_own(member: FlaskClient) -> None:
    keys = re.findall(r'name="_key" value="([^"]{16,})"', member.get("/account/").text)

    assert len(keys) > 1
    assert len(set(keys)) == len(keys)


def test_the_same_form_sent_twice_makes_one_organisation_and_leads_to_it(
    member: FlaskClient,
) -> None:
    data = {**filled(member), **TYPED}

    first, second = member.post(NEW, data=data), member.post(NEW, data=data)

    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert schools() == 1
    assert "nothing was done twice" in member.get(second.headers["Location"]).text


def test_a_form_opened_anew_makes_another_organisation(member: FlaskClient) -> None:
    for _time in range(2):
        member.post(NEW, data={**filled(member), **TYPED})

    assert schools() == 2


def test_the_same_key_with_other_text_is_refused_and_the_text_kept(member: FlaskClient) -> None:
    hidden = filled(member)
    member.post(NEW, data={**hidden, **TYPED})

    answer = member.post(NEW, data={**hidden, **TYPED, "city": "Lübeck"})

    assert answer.status_code == 422
    assert "Lübeck" in answer.text
    assert schools() == 1


def test_what_was_refused_may_be_mended_and_sent_with_the_same_key(member: FlaskClient) -> None:
    hidden = filled(member)
    refused = member.post(NEW, data={**hidden, **TYPED, "country": "ZZ"})
    assert refused.status_code == 422

    assert member.post(NEW, data={**hidden, **TYPED}).status_code == 303
    assert schools() == 1


def test_two_people_may_use_the_same_key(app: Flask, member: FlaskClient) -> None:
    other = sign_in(app.test_client(), make_account(app))
    for client in (member, other):
        client.post(NEW, data={**filled(client), **TYPED, "_key": "a"})

    assert schools() == 2


def test_a_key_says_nothing_about_another_address(member: FlaskClient) -> None:
    answer = member.post(NEW, data={**filled(member), **TYPED, "_key": "a"})
    again = member.post(
        "/account/", data={**filled(member), "name": "Kim", "locale": "", "scheme": "", "_key": "a"}
    )

    assert answer.status_code == again.status_code == 303
    assert "Idempotency-Replayed" not in again.headers


def test_a_program_sends_the_key_in_a_header_and_gets_the_same_body(
    app: Flask, member: FlaskClient
) -> None:
    def view() -> tuple[dict[str, str], int]:
        made = service.create_organisation(context(), **request.get_json())
        return {"id": made.public_id}, 201

    add_route(app, "/api/v1/made", view)
    member.environ_base["HTTP_X_CSRFTOKEN"] = csrf_token(member, NEW)

    def send(**more: str) -> Any:
        headers = {"Idempotency-Key": "one"}
        body = {"name": "School of Boats", "country": "DE", **more}
        return member.post("/api/v1/made", json=body, headers=headers)

    first, second, other = send(), send(), send(city="Kiel")

    assert first.status_code == second.status_code == 201
    assert first.json == second.json
    assert schools() == 1
    assert other.status_code == 422
    assert other.mimetype == "application/problem+json"
    assert other.json["code"] == "key_reused"


def test_an_error_after_the_change_takes_it_back_so_that_a_retry_does_it(
    app: Flask, member: FlaskClient
) -> None:
    failing = [True]

    def view() -> str:
        service.create_organisation(context(), name="School of Boats", country="DE")
        if failing.pop() if failing else False:
            raise RuntimeError("the process is gone")
        return "made"

    add_route(app, "/made", view)
    data = {"csrf_token": csrf_token(member, NEW), "_key": "a"}

    assert member.post("/made", data=data).status_code == 500
    assert schools() == 0
    assert member.post("/made", data=data).text == "made"
    assert member.post("/made", data=data).text == "made"
    assert schools() == 1


def test_what_fails_and_is_caught_takes_back_its_own_writes_only(
    app: Flask, member: FlaskClient
) -> None:
    called = []

    def view() -> str:
        service.create_organisation(context(), name="School of Boats", country="DE")
        try:
            with db.transaction():
                db.after_commit(lambda: called.append("wrong"))
                service.create_organisation(context(), name="Half", country="DE")
                raise Invalid
        except Invalid:
            db.after_commit(lambda: called.append("at once"))
        with db.transaction():
            db.after_commit(lambda: called.append("at the end"))
            assert called == ["at once"]
        return "made"

    add_route(app, "/made", view)
    data = {"csrf_token": csrf_token(member, NEW), "_key": "a"}

    assert member.post("/made", data=data).status_code == 200
    assert schools() == 1
    assert not Organisation.select().where(Organisation.name == "Half").exists()
    assert called == ["at once", "at the end"]


def test_a_refusal_keeps_what_was_completed_but_not_the_key(
    app: Flask, member: FlaskClient
) -> None:
    def view() -> str:
        service.create_organisation(context(), name="School of Boats", country="DE")
        abort(403)

    add_route(app, "/made", view)
    data = {"csrf_token": csrf_token(member, NEW), "_key": "a"}
    member.post("/made", data=data)

    assert member.post("/made", data=data).status_code == 403
    assert schools() == 2


def test_tries_are_counted_even_when_the_request_fails(app: Flask, member: FlaskClient) -> None:
    limit = throttle.Limit("test", 1, 60)

    def view() -> str:
        throttle.spend(context(), limit, "somebody")
        service.create_organisation(context(), name="School of Boats", country="DE")
        raise RuntimeError

    add_route(app, "/made", view)
    data = {"csrf_token": csrf_token(member, NEW), "_key": "a"}

    assert [member.post("/made", data=data).status_code for _time in range(2)] == [500, 429]
    assert schools() == 0


def test_a_password_leaves_no_trace_in_the_keys(app: Flask) -> None:
    client = sign_in(app.test_client(), make_account(app))
    data = {"csrf_token": csrf_token(client, "/account/"), "_key": "a"}
    passwords = {"current_password": "clear water runs deep", "new_password": "still water, deep"}

    assert client.post("/account/password", data={**data, **passwords}).status_code == 303
    assert idempotency.Answered.select().count() == 0


def test_keys_are_forgotten_after_a_day(member: FlaskClient, ctx: Any, clock: FixedClock) -> None:
    member.post(NEW, data={**filled(member), **TYPED})
    clock.moment += timedelta(hours=23)
    idempotency.expire(ctx)
    assert idempotency.Answered.select().count() == 1

    clock.moment += timedelta(hours=2)
    idempotency.expire(ctx)
    assert idempotency.Answered.select().count() == 0


def test_twenty_at_once_make_one_change(any_app: Flask) -> None:
    member = sign_in(any_app.test_client(), make_account(any_app))
    data = {**filled(member), **TYPED}
    cookies = {cookie.key: cookie.value for cookie in member._cookies.values()}

    def send(_number: int) -> tuple[int, str]:
        client = any_app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        try:
            answer = client.post(NEW, data=data)
            return answer.status_code, answer.headers.get("Location", "")
        finally:
            db.database.close()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(send, range(20)))

    assert len(answers) == 1, answers
    assert answers.pop()[0] == 303
    assert schools() == 1


def test_a_key_still_being_worked_on_is_answered_with_when_to_try_again(
    any_app: Flask, any_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not db.is_postgres():
        pytest.skip("SQLite lets one write at a time: the second waits for the first")
    monkeypatch.setattr(idempotency, "LONGEST_WAIT", 1)
    member = sign_in(any_app.test_client(), make_account(any_app))
    data = {**filled(member), **TYPED}
    slow = []

    def first() -> int:
        try:
            return member.post(NEW, data=data).status_code
        finally:
            db.database.close()

    def during(*_values: Any, **_more: Any) -> None:
        if not slow:
            slow.append(True)
            with ThreadPoolExecutor(1) as pool:
                slow.append(pool.submit(second).result())

    def second() -> tuple[int, str]:
        client = any_app.test_client()
        for cookie in list(member._cookies.values()):
            client.set_cookie(cookie.key, cookie.value)
        try:
            answer = client.post(NEW, data=data)
            return answer.status_code, answer.headers.get("Retry-After", "")
        finally:
            db.database.close()

    monkeypatch.setattr(service, "announce", during)

    assert first() == 303
    assert slow[1] == (409, "1")
    assert schools() == 1
