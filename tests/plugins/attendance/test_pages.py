"""Pages without scripts, as host, participant, not placed, stranger and guest; the joining link nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from plugins.attendance import grouping, letters, outcomes
from plugins.roundtables import tokens
from plugins.roundtables.interface import Seat
from portal import mail
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.mail import Outbox
from portal.people.models import Account
from tests.factories import csrf_token, make_account, make_member, post, sign_in
from tests.plugins.attendance.conftest import NEEDED, Held, make_held, system
from tests.plugins.attendance.test_after import VALUES
from tests.plugins.roundtables.conftest import again
from tests.visiting import faults

CANARY = "canary-room"
FOR_PROGRAMS = ("openapi", "tokens", "roundtable_exchange")
HOUSE = Path(__file__).parents[3] / "plugins"
HOST_PAGES = ("attendance", "groups", "outcomes", "survey")


def base_of(shown: Held) -> str:
    """Return the address of the held table for its host."""
    return f"/round-tables/{shown.slug}/tables/{shown.table.public_id}"


def state_of(shown: Held, seat: Seat) -> str:
    """Return the state of a seat as it is now."""
    return next(one.state for one in shown.seats if one.id == seat.id)


def test_the_host_runs_a_table_without_scripts(
    app: Flask, shown: Held, ctx: Context, clock: FixedClock
) -> None:
    client, base = sign_in(app.test_client(), shown.account), base_of(shown)
    series_page = client.get(f"/round-tables/{shown.slug}")
    assert all(f"{base}/{name}" in series_page.text for name in HOST_PAGES)
    for name in HOST_PAGES:
        answer = client.get(f"{base}/{name}")
        assert answer.status_code == 200 and faults(answer) == [], name
    late = next(seat for seat in shown.seats if seat.state == "accepted")
    name = f"state_{late.public_id}"
    post(client, f"{base}/attendance", **{name: "excused"})
    assert state_of(shown, late) == "excused"
    post(client, f"{base}/attendance", **{name: "accepted", "rest": "yes"})
    assert state_of(shown, late) == "absent"
    door = f"/round-tables/check-in/{late.public_id}"
    assert "Is here" in client.get(door).text and faults(client.get(door)) == []
    post(client, door)
    assert state_of(shown, late) == "attended" and "Noted as here" in client.get(door).text

    assert post(client, f"{base}/groups", groups="9", rounds="1").status_code == 422
    assert (
        post(client, f"{base}/groups", groups="2", rounds="2", together="lang").status_code == 303
    )
    groups = client.get(f"{base}/groups")
    assert "Round 2" in groups.text and faults(groups) == []

    typed = {"notes": "It was good.", "what_1": "Write it", "who_1": "", "version": "0"}
    wrong = post(client, f"{base}/outcomes", **typed)
    assert wrong.status_code == 422 and "Say who does it" in wrong.text and "Write it" in wrong.text
    assert faults(wrong) == []
    until = str((clock.moment + timedelta(days=3)).date())
    typed |= {"who_1": "the host", "due_1": "2027-02-01", "comments_until": until, "publish": "yes"}
    done = post(client, f"{base}/outcomes", **typed)
    assert done.location == f"/round-tables/{shown.slug}/outcomes/1"
    stale = post(client, f"{base}/outcomes", **{**typed, "notes": "Mine"})
    assert stale.status_code == 409 and "Mine" in stale.text and "It was good." in stale.text
    guest = app.test_client()
    for path in (done.location, f"/round-tables/{shown.slug}/outcomes"):
        page = guest.get(path)
        assert page.status_code == 200 and "the host" in page.text and faults(page) == []
    said = re.search(r'ld\+json">(.+?)</script>', guest.get(done.location).text)
    assert said and json.loads(said[1])["@type"] == "Report"
    assert f"{shown.slug}/outcomes" in guest.get(f"/round-tables/{shown.slug}").text
    post(client, f"{base}/outcomes/hide", page=f"{base}/outcomes")
    assert guest.get(done.location).status_code == 404


def test_somebody_with_a_seat_does_all_of_it_behind_the_own_link(
    app: Flask, shown: Held, ctx: Context, clock: FixedClock
) -> None:
    until = (clock.moment + timedelta(days=3)).date()
    shown.do(outcomes.write, {**VALUES, "comments_until": until}, 0)
    shown.do(grouping.make, 2, 1)
    client, path = app.test_client(), shown.path(0)
    assert path in client.get(shown.own(0)).text
    page = client.get(path)
    assert page.status_code == 200 and faults(page) == [] and "no-store" in str(page.headers)
    for title in ("Your groups", "Your certificate", "How was it?", "Add to the outcomes"):
        assert title in page.text, title
    token = {"csrf_token": csrf_token(client, path)}
    assert client.post(f"{path}/consent", data={**token, "shows": "all"}).status_code == 422
    assert client.post(f"{path}/consent", data={**token, "shows": "name"}).status_code == 303
    assert client.post(f"{path}/comment", data={**token, "text": " "}).status_code == 422
    assert client.post(f"{path}/comment", data={**token, "text": "Mine"}).status_code == 303
    assert client.post(f"{path}/survey", data={**token, "useful": "5"}).status_code == 303
    assert client.post(f"{path}/survey", data={**token, "useful": "5"}).status_code == 409
    assert "You have answered" in client.get(path).text
    runner = sign_in(app.test_client(), shown.account)
    assert "Read comments on outcomes: Recognition" in runner.get("/tasks").text
    # Somebody else's seat under the own link is as absent as one that was never there.
    elsewhere = f"{path.rpartition('/')[0]}/{shown.place(1).public_id}"
    for absent in (elsewhere, f"{path}x", shown.path(5)):
        answer = client.get(absent)
        assert answer.status_code == 404 and "Recognition" not in answer.text, absent


def test_nobody_but_the_host_sees_the_pages_of_a_table(
    app: Flask, shown: Held, ctx: Context
) -> None:
    with app.app_context():
        member = make_account(app)
        make_member(shown.series.host, member, "OrgMember")
    base, seat = base_of(shown), shown.seats[0]
    paths = [f"{base}/{name}" for name in HOST_PAGES]
    paths += [f"{base}/survey.csv", f"/round-tables/check-in/{seat.public_id}"]
    for client in (sign_in(app.test_client(), make_account(app)),
                   sign_in(app.test_client(), member)):  # fmt: skip
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 404 and seat.email not in answer.text, path
        missing = client.get("/round-tables/check-in/not-there")
        assert missing.status_code == 404
        for path in (*paths[:3], f"{base}/revoke", f"{base}/comments", f"{base}/outcomes/hide"):
            assert post(client, path, page="/", seat=seat.public_id).status_code == 404, path
    guest = app.test_client()
    assert all(guest.get(path).status_code == 303 for path in paths)


def crawl(client: FlaskClient, starts: list[str]) -> set[str]:
    """Follow every link of these pages within the round tables; fails where the joining link stands."""
    todo, seen = list(starts), set()
    while todo and len(seen) < 120:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        text = answer.get_data().decode(errors="replace") + str(answer.headers)
        assert CANARY not in text, path
        found = re.findall(r'(?:href|src|action)="(/[^"#]*)', text)
        found = [one for one in found if "lang=" not in one]  # the same words in each language
        todo += [one for one in found if one.startswith(("/round-tables", "/tasks", "/account/n"))]
    return seen


def operations(client: FlaskClient, slug: str) -> list[str]:
    """Return the addresses of what programs can read, as the description of all routes names them."""
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    known = {"{slug}": slug, "{public_id}": slug}
    found = [path for path, routes in paths.items() if "get" in routes]
    return [re.sub(r"\{\w+\}", lambda at: known.get(at[0], "1"), path) for path in found]


def token_of(app: Flask, account: Account) -> str:
    """Return a token for a program of somebody."""
    with app.app_context():
        made = import_module("plugins.tokens.service").make_token
        ctx = Context(Actor(account.id, account.name, frozenset({"Member"})))
        return str(made(ctx, name="program", scope="read")[1])


def test_the_joining_link_is_on_no_page_feed_mail_or_answer_of_a_program_for_six_roles(
    make_portal: Callable[..., Flask], ctx: Context, clock: FixedClock
) -> None:
    there = [name for name in FOR_PROGRAMS if (HOUSE / name).is_dir()]
    app = make_portal(plugins=[*NEEDED, *there])
    with app.app_context():
        held = make_held(app, ctx, clock, is_over=False)
        member, nobody = make_account(app), make_account(app)
        make_member(held.series.host, member, "OrgMember")
        gate = tokens.gate(held.place(0), again(held.people[0]))
    held.do(outcomes.write, VALUES, 0)
    held.do(outcomes.publish, True)
    public = ["/round-tables", "/round-tables.ics", f"/round-tables/{held.slug}.ics",
              "/round-tables/certificates", "/api/v1/openapi.json"]  # fmt: skip
    guest = app.test_client()
    roles: dict[str, tuple[FlaskClient, list[str]]] = {
        "host": (sign_in(app.test_client(), held.account), [
            *(f"{base_of(held)}/{name}" for name in HOST_PAGES),
            *(f"/round-tables/{held.slug}/{name}" for name in ("people", "people.csv")),
            f"/round-tables/check-in/{held.seats[0].public_id}",
        ]),
        "colleague": (sign_in(app.test_client(), member), []),
        "stranger": (sign_in(app.test_client(), nobody), []),
        "accepted": (guest, [held.path(0), held.own(0), gate]),
        "not placed": (app.test_client(), [held.own(5)]),
        "guest": (app.test_client(), []),
    }  # fmt: skip
    told = operations(guest, held.slug)
    people = {"host": held.account, "colleague": member, "stranger": nobody}
    assert not there or f"/api/v1/roundtables/{held.slug}" in told
    for name, (client, paths) in roles.items():
        assert len(crawl(client, [*public, *paths, *told])) > 5 + len(told), name
        if name in people and "tokens" in there:
            key = app.test_client()
            key.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token_of(app, people[name])}"
            assert crawl(key, told) == set(told), name
    token = csrf_token(guest, gate)
    assert CANARY in guest.post(gate, data={"csrf_token": token}).text  # there is one to be seen
    clock.moment += timedelta(hours=3)
    with app.app_context():
        assert letters.look_after(system(ctx)) > 0
        config, mailed = app.config["PORTAL"], Path(app.config["PORTAL"].instance_path) / "mail"
        while mail.deliver_due(config, clock):
            pass
        sent = [file.read_text() for file in mailed.glob("*.eml")]
        assert len(sent) > 10 and not [text for text in sent if CANARY in text]
        assert all(CANARY not in f"{row.text} {row.subject}" for row in Outbox.select())
