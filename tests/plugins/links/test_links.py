"""A mailed link opens a page, works for a time, and can be had again at the same address."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from plugins.links import service
from plugins.links.interface import Link, Purpose, close, find, hint, links_of, send, use
from portal.clock import FixedClock
from portal.context import Context
from portal.db import transaction
from portal.errors import Conflict, NotFound, TooMany
from portal.mail import Outbox
from tests.factories import clocked, csrf_token

WHAT = "tests.step"


@pytest.fixture
def app(make_portal: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A portal in which somebody mails links to a page with a token."""
    purpose = Purpose(
        WHAT,
        "members_link.answer",
        lambda ctx, link: ("members/told", {"title": "Your step", "body": link.name}),
    )
    named = {WHAT: purpose}
    monkeypatch.setattr(service, "purpose_of", lambda ctx, name: named.get(name))
    return make_portal(plugins=["links", "members"])


@pytest.fixture
def ctx(app: Flask) -> Context:
    return clocked(app)


def mailed(app: Flask, ctx: Context, **more: Any) -> tuple[Link, str]:
    """Send a link; return it with the secret that its mail names."""
    values = {"purpose": WHAT, "object_id": 7, "email": "boats@works.example", "role": "company"}
    with app.test_request_context(), transaction():
        link = send(ctx, **(values | {"until": ctx.clock.now() + timedelta(days=3)} | more))
    return link, newest()


def newest() -> str:
    """Return the secret in the newest mail."""
    text = Outbox.select().order_by(Outbox.id.desc()).get().text
    found = re.search(r"/invitations/(\S+)", text)
    assert found
    return found[1]


def opened(app: Flask, ctx: Context, token: str, purpose: str = WHAT) -> Link | str:
    """Return the link that a page finds, or the address it leads on to."""
    with app.test_request_context():
        try:
            return find(ctx, token, purpose)
        except HTTPException as error:
            assert error.response
            return str(error.response.location)


def test_whoever_has_the_mail_is_found_in_the_role_it_was_sent_for(
    app: Flask, ctx: Context
) -> None:
    link, token = mailed(app, ctx)
    found = opened(app, ctx, token)
    assert isinstance(found, Link)
    assert (found.id, found.role, found.object_id) == (link.id, "company", 7)


def test_the_secret_is_nowhere_in_the_table(app: Flask, ctx: Context) -> None:
    link, token = mailed(app, ctx)
    row = Link.select().where(Link.id == link.id).dicts().get()
    assert token not in map(str, row.values())


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "../../etc", "\x00", "é" * 2000])
def test_made_up_secrets_are_unknown(app: Flask, ctx: Context, token: str) -> None:
    mailed(app, ctx)
    with pytest.raises(NotFound):
        opened(app, ctx, token)


def test_a_link_opens_nothing_but_what_it_was_sent_for(app: Flask, ctx: Context) -> None:
    _link, token = mailed(app, ctx)
    with pytest.raises(NotFound):
        opened(app, ctx, token, "tests.other")


def test_a_link_that_is_too_old_leads_to_a_page_that_mails_a_new_one(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    _link, token = mailed(app, ctx)
    clock.moment += timedelta(days=4)
    assert opened(app, ctx, token) == f"/links/{token}"
    visitor = app.test_client()
    shown = visitor.get(f"/links/{token}")
    assert shown.status_code == 410
    assert "b…@works.example" in shown.text
    assert "boats@works.example" not in shown.text
    visitor.post(f"/links/{token}", data={"csrf_token": csrf_token(visitor, f"/links/{token}")})
    assert newest() != token
    assert isinstance(opened(app, ctx, newest()), Link)
    assert "A newer link was sent" in visitor.get(f"/links/{token}").text


def test_a_good_link_has_no_business_on_the_page_of_those_that_are_over(
    app: Flask, ctx: Context
) -> None:
    _link, token = mailed(app, ctx)
    assert app.test_client().get(f"/links/{token}").location == f"/invitations/{token}"


def test_what_can_be_done_once_is_done_once(app: Flask, ctx: Context) -> None:
    link, token = mailed(app, ctx)
    use(ctx, link)
    with pytest.raises(Conflict):
        use(ctx, link)
    assert opened(app, ctx, token) == f"/links/{token}"
    assert "This was done already" in app.test_client().get(f"/links/{token}").text


def test_nobody_gets_a_link_again_that_is_not_wanted_any_more(app: Flask, ctx: Context) -> None:
    link, token = mailed(app, ctx)
    mailed(app, ctx, role="learner", email="other@works.example")
    assert close(ctx, WHAT, 7, "company") == 1
    assert [row.closed_at is None for row in links_of(WHAT, 7)] == [False, True]
    assert "not needed any more" in app.test_client().get(f"/links/{token}").text
    with app.test_request_context(), pytest.raises(Conflict):
        service.send_again(ctx, Link.get_by_id(link.id))


def test_three_mails_an_hour_are_enough(app: Flask, ctx: Context) -> None:
    link, _token = mailed(app, ctx)
    with app.test_request_context():
        for _time in range(3):
            service.send_again(ctx, Link.get_by_id(link.id))
        with pytest.raises(TooMany):
            service.send_again(ctx, Link.get_by_id(link.id))


def test_mails_speak_the_language_of_whoever_gets_them(app: Flask, ctx: Context) -> None:
    mailed(app, ctx, language="de")
    assert Outbox.select().order_by(Outbox.id.desc()).get().locale == "de"


def test_a_purpose_that_nobody_named_sends_nothing(app: Flask, ctx: Context) -> None:
    with pytest.raises(LookupError):
        mailed(app, ctx, purpose="tests.unknown")
    assert not Outbox.select().count()
    assert not Link.select().count()


@pytest.mark.parametrize(
    ("email", "shown"), [("a@b.example", "a…@b.example"), ("anna@x.example", "a…@x.example")]
)
def test_owners_know_their_address_and_others_learn_none(email: str, shown: str) -> None:
    assert hint(email) == shown
