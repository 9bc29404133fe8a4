"""Programs with tokens: who gets in, what they may change, and that no cookie mixes in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.tokens import rules, service
from plugins.tokens.models import Token
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.organisations.models import Organisation
from portal.people import throttle
from portal.people.models import Account
from tests.factories import NOON, csrf_token, make_account, make_member, make_organisation, sign_in
from tests.plugins.tokens.conftest import MakeToken, Program

ME = "/api/v1/me"


def address(organisation: Organisation) -> str:
    return f"/api/v1/organisations/{organisation.public_id}"


def test_a_program_learns_who_it_is(
    ask: Program, make_token: MakeToken, school: Organisation, other_school: Organisation
) -> None:
    whole = ask(make_token("read"), ME)
    one = ask(make_token("write", organisation=school.public_id), ME).get_json()

    assert whole.status_code == 200
    assert whole.get_json()["name"] == "Ada Lovelace"
    assert [item["name"] for item in whole.get_json()["organisations"]] == [
        "School of Boats",
        "School of Sails",
    ]
    assert (whole.get_json()["scopes"], one["scopes"]) == (["read"], ["read", "write"])
    assert (one["only_organisation"], len(one["organisations"])) == (school.public_id, 1)


def test_every_token_that_is_no_good_gets_the_same_answer(
    app: Flask, ask: Program, make_token: MakeToken, owner: Context, clock: FixedClock
) -> None:
    tokens = {name: make_token(name=name, days=30) for name in ("revoked", "changed")}
    tokens["expired"] = make_token(name="expired", days=1)
    other = make_account(app)
    at_work = owner.as_actor(Actor(other.id, other.name, frozenset({"Member"})))
    with app.app_context():
        service.revoke(owner, rules.parts(tokens["revoked"])[0])
        tokens["disabled"] = service.make_token(at_work, name="other", scope="read", days=30)[1]
    Account.update(disabled_at=NOON).where(Account.id == other.id).execute()
    tokens |= {"changed": tokens["changed"][:-2] + "xx", "unknown": "hello", "empty": ""}
    clock.moment = NOON + timedelta(days=2)

    answers = {name: ask(token, ME) for name, token in tokens.items()}

    assert {answer.status_code for answer in answers.values()} == {401}
    assert len({answer.text for answer in answers.values()}) == 1
    for answer in answers.values():
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")
        assert "error=invalid_token" in answer.headers["WWW-Authenticate"]
    assert ask("hello", "/api/v1/partners").status_code == 401  # not even what is public


def test_wrong_tokens_of_one_network_run_into_a_limit_and_good_ones_do_not(
    ask: Program, make_token: MakeToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "WRONG_TOKEN", throttle.Limit("wrong-token", 2, 900))
    good = make_token()

    assert [ask("wrong", ME).status_code for _try in range(4)] == [401, 401, 429, 429]
    assert ask(good, ME).status_code == 200


def test_a_token_to_read_changes_nothing_and_the_refusal_names_the_scope(
    ask: Program, make_token: MakeToken, school: Organisation
) -> None:
    answer = ask(make_token("read"), address(school), "PATCH", json={"version": 1, "city": "Kiel"})

    assert answer.status_code == 403
    assert answer.get_json()["code"] == "scope_write" and "scope write" in answer.text
    assert Organisation.get_by_id(school.id).city == ""


def test_a_token_to_change_changes_facts_without_any_form_token(
    ask: Program, make_token: MakeToken, school: Organisation
) -> None:
    token = make_token("write")
    facts = ask(token, address(school)).get_json()

    answer = ask(
        token, address(school), "PATCH", json={"version": facts["version"], "city": "Kiel"}
    )

    assert answer.status_code == 200, answer.text
    assert answer.get_json() == {**facts, "version": facts["version"] + 1, "city": "Kiel"}


def test_a_stale_version_gets_both_texts_and_changes_nothing(
    ask: Program, make_token: MakeToken, school: Organisation
) -> None:
    token = make_token("write")
    ask(token, address(school), "PATCH", json={"version": 1, "city": "Kiel"})

    answer = ask(token, address(school), "PATCH", json={"version": 1, "city": "Bonn"})

    assert answer.status_code == 409
    assert answer.get_json()["texts"]["city"]["theirs"] == "Kiel"
    assert answer.get_json()["version"] == 2


def test_a_change_that_is_sent_twice_with_a_key_is_done_once(
    ask: Program, make_token: MakeToken, school: Organisation
) -> None:
    token = make_token("write")
    sent: dict[str, Any] = {
        "json": {"version": 1, "city": "Kiel"}, "headers": {"Idempotency-Key": "morning"}
    }  # fmt: skip

    first, second = (ask(token, address(school), "PATCH", **sent) for _try in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.get_json() == second.get_json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Organisation.get_by_id(school.id).version == 2
    other = ask(token, address(school), "PATCH", **{**sent, "json": {"version": 2, "city": "Ulm"}})
    assert (other.status_code, other.get_json()["code"]) == (422, "key_reused")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"version": 1}, None),
        ({"city": "Kiel"}, "version"),
        ({"version": "1", "city": "Kiel"}, "version"),
        ({"version": 2**63, "city": "Kiel"}, "version"),
        ({"version": 1, "state": "verified"}, "state"),
        ({"version": 1, "country": "XX"}, "country"),
        ({"version": 1, "name": ""}, "name"),
        ({"version": 1, "website": "javascript:alert(1)"}, "website"),
        ([], None),
        ("text", None),
    ],
)
def test_a_wrong_change_is_refused_beside_its_field(
    body: Any, field: str | None, ask: Program, make_token: MakeToken, school: Organisation
) -> None:
    answer = ask(make_token("write"), address(school), "PATCH", json=body)

    assert answer.status_code == 422, answer.text
    assert answer.get_json().get("field") == field
    assert Organisation.get_by_id(school.id).version == 1


def test_a_token_for_one_organisation_knows_no_other(
    ask: Program, make_token: MakeToken, school: Organisation, other_school: Organisation
) -> None:
    token = make_token("write", organisation=school.public_id)

    assert ask(token, address(school)).status_code == 200
    foreign = ask(token, address(other_school))
    missing = ask(token, "/api/v1/organisations/nowhere")
    change = ask(token, address(other_school), "PATCH", json={"version": 1, "city": "Kiel"})
    assert {foreign.status_code, missing.status_code, change.status_code} == {404}
    assert foreign.text == missing.text


def test_members_learn_what_they_lack_and_strangers_nothing(
    app: Flask, ask: Program, make_token: MakeToken, account: Account
) -> None:
    token, body = make_token("write"), {"version": 1, "city": "Kiel"}
    joined, foreign = make_organisation("Joined"), make_organisation("Foreign")
    make_member(joined, account, "OrgMember")

    assert ask(token, address(joined), "PATCH", json=body).status_code == 403
    assert ask(token, address(foreign), "PATCH", json=body).status_code == 404


def test_a_cookie_and_a_token_never_mix(
    app: Flask, ask: Program, make_token: MakeToken, school: Organisation
) -> None:
    stranger = sign_in(app.test_client(), make_account(app, name="Somebody Else"))

    assert ask(make_token("read"), ME, client=stranger).get_json()["name"] == "Ada Lovelace"
    assert ask("wrong", ME, client=stranger).status_code == 401
    assert stranger.get(ME).get_json()["name"] == "Somebody Else"
    assert "portal_session" not in ask(make_token("read", "two"), ME).headers.get("Set-Cookie", "")


def test_a_session_still_needs_the_token_of_a_form(
    app: Flask, account: Account, school: Organisation
) -> None:
    client = sign_in(app.test_client(), account)
    body = {"json": {"version": 1, "city": "Kiel"}}
    token = csrf_token(client, "/account/")

    assert client.patch(address(school), **body).status_code == 400  # type: ignore[arg-type]
    sent = client.patch(address(school), headers={"X-CSRFToken": token}, **body)  # type: ignore[arg-type]
    assert sent.status_code == 200


@pytest.mark.parametrize(
    "path", ["/account/", "/account/tokens", "/setup/", "/organisations/", "/tasks"]
)
def test_a_token_opens_no_pages(
    path: str, app: Flask, ask: Program, make_token: MakeToken, owner: Context
) -> None:
    admin = make_account(app, role="SiteAdmin")
    runs = owner.as_actor(Actor(admin.id, admin.name, frozenset({"SiteAdmin"})))
    with app.app_context():
        token = service.make_token(runs, name="all", scope="write")[1]

    answer = ask(token, path)
    assert answer.status_code == 303 and "/account/sign-in" in answer.location
    assert ask(token, "/api/v1/plugins").status_code == 200
    assert ask(token, "/account/tokens", "POST", data={"name": "x"}).status_code in {400, 401}
    assert Token.select().count() == 1


def test_changes_of_one_person_run_into_a_limit(
    ask: Program, make_token: MakeToken, school: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "CHANGES", throttle.Limit("token-changes", 1, 3_600))
    token = make_token("write")

    seen = [
        ask(token, address(school), "PATCH", json={"version": at, "city": f"Town {at}"}).status_code
        for at in (1, 2)
    ]

    assert seen == [200, 429]


def test_a_plugin_that_fails_lets_nobody_in(
    app: Flask, ask: Program, make_token: MakeToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = make_token()

    def broken(_ctx: Context, _token: str) -> None:
        raise RuntimeError("lost")

    monkeypatch.setattr(service, "holder", broken)

    assert ask(token, ME).status_code == 401
    assert ask(token, "/api/v1/partners").status_code == 401
    assert app.test_client().get("/api/v1/partners").status_code == 200


def test_without_the_plugin_no_token_lets_anybody_in(
    make_portal: Callable[..., Flask],
) -> None:
    client = make_portal(plugins=["setup"]).test_client()

    answer = client.get("/api/v1/plugins", headers={"Authorization": "Bearer tsr_a_b"})

    assert answer.status_code == 401
