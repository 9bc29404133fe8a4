"""The page of tokens as people use it, and the commands of operators."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from plugins.tokens import cli, rules
from plugins.tokens.models import Token
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import make_account, post, sign_in
from tests.plugins.tokens.conftest import MakeToken, Program
from tests.visiting import faults

PAGE = "/account/tokens"


@pytest.fixture
def client(app: Flask, account: Account) -> FlaskClient:
    return sign_in(app.test_client(), account)


def test_a_token_is_made_shown_once_and_works(
    client: FlaskClient, school: Organisation, ask: Program
) -> None:
    empty = client.get(PAGE)
    assert faults(empty, "en") == []
    assert "You have none." in empty.text and f'value="{school.public_id}"' in empty.text

    made = post(
        client, PAGE, name="Timetable", scope="write", organisation=school.public_id, days="30"
    )

    assert made.status_code == 200 and faults(made, "en") == []
    assert made.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="made" type="text" value="(tsr_[^"]+)" readonly', made.text)
    assert found
    assert ask(found[1], "/api/v1/me").get_json()["only_organisation"] == school.public_id
    again = client.get(PAGE)
    assert "Timetable" in again.text and rules.parts(found[1])[1] not in again.text
    assert "School of Boats" in again.text and "last used " in again.text


def test_what_was_typed_stays_when_it_is_refused(client: FlaskClient) -> None:
    wrong = post(client, PAGE, name="", scope="write", organisation="", days="7")
    odd = post(client, PAGE, name="Mine", scope="everything", organisation="x", days="999999")
    odder = post(client, PAGE, name="Mine", scope="read", days="many")

    assert [answer.status_code for answer in (wrong, odd, odder)] == [422, 422, 422]
    assert faults(wrong, "en") == [] and 'href="#name"' in wrong.text
    assert re.search(r'<option selected value="7">', wrong.text)
    assert 'value="Mine"' in odd.text
    assert Token.select().count() == 0


def test_revoking_asks_first_and_is_for_the_owner_alone(
    app: Flask, client: FlaskClient, make_token: MakeToken
) -> None:
    number = rules.parts(make_token(name="Timetable"))[0]
    path = f"{PAGE}/{number}/revoke"
    stranger = sign_in(app.test_client(), make_account(app))

    assert stranger.get(path).status_code == 404
    assert post(stranger, path, page="/account/").status_code == 404
    asked = client.get(path)
    assert faults(asked, "en") == [] and "Revoke “Timetable”?" in asked.text
    assert Token.get().revoked_at is None
    assert post(client, path).status_code == 303

    after = client.get(PAGE)
    assert Token.get().revoked_at is not None
    assert "1 token that has ended" in after.text and "You have none." in after.text
    assert client.get(path).status_code == 404


def test_operators_list_and_revoke_tokens(
    app: Flask, make_token: MakeToken, account: Account
) -> None:
    number = rules.parts(make_token("write", "Timetable"))[0]

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli.token_group, list(words), obj=lambda: app)
        assert done.exit_code == 0, done.output
        return str(done.output)

    rows = json.loads(run("list", account.email, "--json"))
    assert [(row["number"], row["scopes"]) for row in rows] == [(number, "read write")]
    assert run("list", "nobody@school.example") == "0 tokens.\n"
    assert "Timetable" in run("list") and "token_hash" not in run("list", "--json")
    assert run("revoke", number) == f"Revoked: {number} Timetable\n"
    assert run("list") == "0 tokens.\n"
    gone = CliRunner().invoke(cli.token_group, ["revoke", number], obj=lambda: app)
    assert gone.exit_code != 0
