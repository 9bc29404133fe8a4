"""Inviting people, answering by the link, one reminder, never again; rules, services and pages."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask import Flask

from plugins.links.models import Link
from plugins.roundtable_invitations import demo, rules, service
from plugins.roundtable_invitations.models import Invitation, Never
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series
from plugins.roundtables.models import Interest
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.mail import MOST_ATTEMPTS, Outbox
from portal.people.models import Account
from tests.factories import csrf_token, make_account, sign_in
from tests.plugins.roundtables.conftest import (
    PLUGINS,
    by,
    close,
    interested,
    mails,
    make_host,
    make_series,
)
from tests.visiting import faults

SAID = {
    "people": "ana@mail.example, Ana, Employer of Ana\nben@mail.example",
    "reason": "You train electricians abroad.",
    "source": "earlier",
    "lang": "de",
}


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what it builds on."""
    return [*PLUGINS, "links", "roundtable_invitations"]


def open_series(app: Flask, ctx: Context) -> tuple[Context, Series]:
    """Return the host's context and a series that is open."""
    host, account = make_host(app)
    row = make_series(ctx, host, [{"capacity": 5}, {"capacity": 5, "topic": "Quality"}])
    mine = by(ctx, account)
    return mine, roundtables.series(mine, row.slug, "run")


def link_of(address: str) -> str:
    """Return the path of the link in the last mail to an address."""
    found = re.search(r"/round-tables/invited/\S+", mails(address)[-1].text)
    assert found
    return found[0]


def states(series: Series) -> list[str]:
    """Return the states of a series' invitations, the first first."""
    return [row.state for row in reversed(service.of_series(series))]


def test_a_list_is_read_by_line_and_bad_lines_are_named() -> None:
    text = (
        "email;name;organisation\nana@mail.example;Ana;School\n"
        "Ben <BEN@mail.example>\n\nnobody\nana@mail.example\n\t@\t\ncleo@mail.example,"
    )
    people, problems = rules.read(text)
    assert [(one.email, one.name, one.employer) for one in people] == [
        ("ana@mail.example", "Ana", "School"),
        ("ben@mail.example", "Ben", ""),
        ("cleo@mail.example", "", ""),
    ]
    assert [number for number, _line, _why in problems] == [5, 7]
    with pytest.raises(Invalid):
        rules.read("x@mail.example\n" * 401)


@pytest.mark.parametrize(
    "text",
    ["", " \n", "a" * 301, "Look at https://bad.example", "bad.example/x.com", "w@x.example"],
)
def test_the_reason_is_one_sentence_that_leads_nowhere(text: str) -> None:
    with pytest.raises(Invalid):
        rules.reason(text)
    assert rules.reason(" You train \n electricians ") == "You train electricians"


def test_who_was_invited_answers_with_one_link_and_a_fingerprint_alone_is_kept_of_who_never_wants(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    host, series = open_series(portal, ctx)
    outcome = service.invite(host, series, {**SAID, "people": SAID["people"] + "\nnonsense"})
    assert (outcome.sent, outcome.left_out, len(outcome.problems)) == (2, 0, 1)
    mail = mails("ana@mail.example")[0]
    assert mail.locale == "de" and SAID["reason"] in mail.text and "ben@" not in mail.text

    again = service.invite(host, series, SAID)
    assert (again.sent, again.left_out) == (0, 2)
    service.never(by(ctx, None), Invitation.get(Invitation.email == "ben@mail.example"))
    assert Never.select().count() == 1 and "ben" not in str(list(Never.select().tuples()))
    assert not Invitation.select().where(Invitation.email == "ben@mail.example").exists()
    assert Link.get(Link.email == "ben@mail.example").closed_at is not None
    assert states(series) == ["invited", "never"]

    other = make_series(ctx, series.host, title="Another series")
    found = roundtables.series(host, other.slug, "run")
    mixed = {**SAID, "people": "BEN@mail.example\nperson1@mail.example\ndora@mail.example"}
    interested(ctx, other, 1)
    outcome = service.invite(host, found, mixed)
    assert (outcome.sent, outcome.left_out) == (1, 2)
    with pytest.raises(Invalid):
        service.invite(host, found, {**SAID, "source": "bought"})
    many = "\n".join(f"p{at}@mail.example" for at in range(200))
    with pytest.raises(Invalid):
        service.invite(host, found, {**SAID, "people": many})
    close(ctx, clock, other)
    with pytest.raises(Conflict):
        service.invite(host, roundtables.series(host, other.slug, "run"), SAID)


def test_an_address_gets_three_invitations_a_month_whoever_invites(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    host, series = open_series(site, ctx)
    sent = []
    for at in range(4):
        row = make_series(ctx, series.host, title=f"Series {at}")
        mine = roundtables.series(host, row.slug, "run")
        sent.append(service.invite(host, mine, {**SAID, "people": "ana@mail.example"}).sent)
    assert sent == [1, 1, 1, 0]


def test_silent_people_are_reminded_once_and_mails_that_came_back_are_shown(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    host, series = open_series(portal, ctx)
    people = "\n".join(f"{name}@mail.example" for name in ("silent", "no", "lost", "taken"))
    service.invite(host, series, {**SAID, "people": f"{people}\nperson1@mail.example"})
    interested(ctx, series.row, 1)
    service.decline(host, Invitation.get(Invitation.email == "no@mail.example"))
    taken = Invitation.get(Invitation.email == "taken@mail.example")
    service.take_back(host, series, taken.public_id)
    lost = Outbox.recipient == "lost@mail.example"
    Outbox.update(attempts=MOST_ATTEMPTS).where(lost).execute()
    assert states(series) == ["invited", "declined", "bounced", "taken", "interested"]

    assert service.look_after(ctx) == 0  # too soon
    clock.moment = series.closes_at - timedelta(days=3)
    assert service.look_after(ctx) == 1 and service.look_after(ctx) == 0
    assert [len(mails(f"{name}@mail.example")) for name in ("silent", "no", "lost")] == [2, 1, 1]
    assert (
        "Noch" in mails("silent@mail.example")[-1].subject
        or "Once more" in mails("silent@mail.example")[-1].subject
    )
    Outbox.delete().execute()
    assert states(series)[2] == "bounced"


def test_from_the_mail_to_a_counted_interest_in_four_taps(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        host, series = open_series(app, ctx)
        service.invite(host, series, {**SAID, "lang": "en"})
        link, other = link_of("ana@mail.example"), link_of("ben@mail.example")
    client = app.test_client()
    page = client.get(link)  # the first tap
    assert faults(page) == [] and "no-store" in page.headers["Cache-Control"]
    assert SAID["reason"] in page.text and "ben@" not in page.text and "earlier" in page.text
    way = re.search(r'href="(/round-tables/[^"]+/interest\?invitation=[^"]+)"', page.text)
    assert way
    form = client.get(way[1])  # the second
    assert faults(form) == [] and 'value="Ana"' in form.text and 'name="email"' not in form.text
    values = {
        name: found[1]
        for name in ("csrf_token", "began", "name", "employer")
        if (found := re.search(rf'name="{name}"[^>]*value="([^"]*)"', form.text))
    }
    chosen = re.search(r'<select id="choice1".*?<option selected value="([^"]+)"', form.text, re.S)
    assert chosen and values["employer"] == "Employer of Ana"
    clock.moment += timedelta(seconds=20)
    sent = {**values, "choice1": chosen[1], "lang": "en", "agrees": "y"}  # the third
    done = client.post(way[1], data=sent)  # the fourth
    assert done.status_code == 303 and done.location.startswith("/round-tables/my/")
    with app.app_context():
        row = Interest.get()
        assert (row.state, row.email, row.account_id) == ("interested", "ana@mail.example", None)
        assert states(series) == ["interested", "invited"]

    token = csrf_token(client, other)
    assert client.post(f"{other}/decline", data={"csrf_token": token}).status_code == 303
    assert "You said no" in client.get(other).text
    never = client.post(f"{other}/never", data={"csrf_token": token})
    assert never.status_code == 200 and faults(never) == []
    assert client.get(other).status_code == 303  # leads to: not needed any more
    plain = client.get(f"/round-tables/{series.slug}/interest?invitation=made-up")
    assert plain.status_code == 200 and 'name="email"' in plain.text


def test_a_host_invites_by_list_and_file_sees_states_and_takes_back_and_strangers_see_nothing(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        host, series = open_series(app, ctx)
        stranger, me = make_account(app), Account.get_by_id(host.actor.account_id)
    page, client = f"/round-tables/{series.slug}/invitations", app.test_client()
    sign_in(client, me)
    assert faults(client.get(page)) == []
    token = csrf_token(client, page)
    bad = client.post(page, data={"csrf_token": token, "people": "x", "reason": "www.bad.example"})
    assert bad.status_code == 422 and faults(bad) == [] and "www.bad.example" in bad.text
    file = io.BytesIO(b"email,name\ncleo@mail.example,=Cleo\nnot an address\n")
    sent = client.post(
        page,
        data={**SAID, "csrf_token": token, "file": (file, "list.csv")},
        content_type="multipart/form-data",
    )
    assert "not an address" in sent.text and faults(sent) == []
    with app.app_context():
        assert Invitation.select().count() == 3
        first = Invitation.get(Invitation.email == "ana@mail.example").public_id
        link = link_of("ana@mail.example")
    assert "'=Cleo" in client.get(f"{page}.csv").text
    done = client.post(f"{page}/{first}/remove", data={"csrf_token": token})
    assert done.status_code == 303 and "ana@mail.example" not in client.get(page).text
    assert client.get(link).status_code == 303

    visitor = app.test_client()
    sign_in(visitor, stranger)
    token = csrf_token(visitor, "/round-tables")
    assert visitor.get(page).status_code == visitor.get(f"{page}.csv").status_code == 404
    for path in (page, f"{page}/{first}/remove"):
        assert visitor.post(path, data={"csrf_token": token, **SAID}).status_code == 404


def test_the_demonstration_invites_made_up_people_once(site: Flask, ctx: Context) -> None:
    host, _account = make_host(site)
    type(host).update(is_fictional=True).where(type(host).id == host.id).execute()
    demo.load(ctx)
    demo.load(ctx)
    assert [row.state for row in Invitation.select().order_by(Invitation.id)] == [
        "declined", "never", "bounced", "invited", "invited",
    ]  # fmt: skip
