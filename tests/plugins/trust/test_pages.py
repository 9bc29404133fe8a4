"""The pages of one's own data, visited as guest and owner; the commands beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from plugins.claims.models import Case
from plugins.trust import cli as commands
from portal import cli, db
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import (
    PASSWORD,
    audited,
    make_account,
    make_member,
    make_organisation,
    post,
    sign_in,
)
from tests.visiting import Visitor

PAGE = "/account/data"


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin only."""
    return make_portal(plugins=["trust"])


@pytest.fixture
def person(app: Flask, client: FlaskClient) -> Account:
    """Somebody who is signed in."""
    account = make_account(app)
    sign_in(client, account)
    return account


def test_a_guest_is_sent_to_sign_in(client: FlaskClient) -> None:
    assert client.get(PAGE).location == "/account/sign-in?next=%2Faccount%2Fdata"


def test_the_page_says_what_is_kept_why_and_what_stays(
    client: FlaskClient, person: Account
) -> None:
    text = Visitor(client)(PAGE).text

    assert "to let you sign in" in text and "until you erase your account" in text
    assert "What stays, and why" in text and "it names a former account" in text
    assert PAGE in client.get("/account/").text


def test_a_copy_comes_as_json_and_to_be_read(client: FlaskClient, person: Account) -> None:
    copy = post(client, f"{PAGE}/copy", PAGE, **{"as": "json"})
    assert copy.headers["Content-Disposition"] == "attachment; filename=my-data.json"
    assert json.loads(copy.text)["account"] == person.email
    page = post(client, f"{PAGE}/copy", PAGE, **{"as": "html"})
    assert page.mimetype == "text/html" and "filename=my-data.html" in str(page.headers)
    assert person.email in page.text and "<script" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_words_of_people_are_escaped_in_the_copy_to_be_read(
    app: Flask, client: FlaskClient
) -> None:
    sign_in(client, make_account(app, name="<script>x"))

    page = post(client, f"{PAGE}/copy", PAGE, **{"as": "html"}).text
    assert "&lt;script&gt;x" in page and "<script>x" not in page


def test_erasing_signs_out_and_leaves_no_way_back(client: FlaskClient, person: Account) -> None:
    answer = post(client, f"{PAGE}/erase", PAGE, address=person.email, password=PASSWORD)

    assert answer.location == "/"
    assert "Your account is erased." in client.get("/").text
    assert client.get(PAGE).status_code == 303
    again = post(client, "/account/sign-in", email=person.email, password=PASSWORD)
    assert again.status_code == 422


def test_a_wrong_password_erases_nothing(client: FlaskClient, person: Account) -> None:
    answer = post(client, f"{PAGE}/erase", PAGE, address=person.email, password="something else")

    assert answer.status_code == 422 and "This is not your present password." in answer.text
    assert f'value="{person.email}"' in answer.text
    assert Account.get_by_id(person.id).email == person.email


def test_who_can_not_go_yet_reads_why_and_is_refused(
    app: Flask, client: FlaskClient, person: Account
) -> None:
    school = make_organisation("Old School", admin=person)
    make_member(school, make_account(app), "OrgMember")

    page = client.get(PAGE).text
    assert "Old School" in page and "Erase my account" not in page
    answer = post(client, f"{PAGE}/erase", PAGE, address=person.email, password=PASSWORD)
    assert answer.status_code == 409


# Commands


@pytest.fixture
def run(app: Flask) -> Callable[..., tuple[int, str]]:
    def invoke(command: object, *arguments: str, input: str = "") -> tuple[int, str]:
        with app.app_context():
            result = CliRunner().invoke(command, arguments, obj=lambda: app, input=input)  # type: ignore[arg-type]
        return result.exit_code, result.output

    return invoke


def test_the_command_verifies_the_log_and_a_head(
    run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, head = run(commands.audit_group, "head")
    assert code == 0
    mail = tmp_path / "head.eml"
    mail.write_text(f"Subject: x\n\n{head}")

    assert run(commands.audit_group, "verify")[0] == 0
    assert run(commands.audit_group, "verify", "--head", str(mail))[0] == 0
    assert run(commands.audit_group, "verify", "--head", "-", input=head)[0] == 0
    code, text = run(commands.audit_group, "verify", "--json")
    assert json.loads(text)["faults"] == []


def test_the_command_names_the_first_bad_entry_and_fails(
    app: Flask, run: Callable[..., tuple[int, str]]
) -> None:
    make_account(app)
    bad = audited("account.created").get().id
    db.execute("DROP TRIGGER audit_entry_update")
    db.execute("UPDATE audit_entry SET detail = CAST(x'ff' AS TEXT) WHERE id = ?", (bad,))

    code, text = run(commands.audit_group, "verify")
    assert (code, text.count("\n")) == (1, 1)
    assert f"Entry {bad} is missing or was changed." in text
    code, text = run(commands.audit_group, "verify", "--json")
    assert (code, json.loads(text)["faults"][0]["entry"]) == (1, bad)


def test_people_are_exported_and_erased_by_command(
    app: Flask, run: Callable[..., tuple[int, str]]
) -> None:
    person = make_account(app)
    code, text = run(commands.export, person.email)
    assert (code, json.loads(text)["account"]) == (0, person.email)
    assert run(commands.erase, person.email, input="n\n")[0] == 1
    assert run(commands.erase, person.email, "--yes")[0] == 0
    assert Account.get_by_id(person.id).name == f"former account {person.id}"
    assert run(commands.export, person.email)[0] == 1


def test_people_without_an_account_are_found_and_erased_by_their_address(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal(plugins=["claims", "trust"])
    with app.app_context():
        school, client = make_organisation("School of Bonn"), app.test_client()

    def run(command: Any, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(command, words, obj=lambda: app)
        return done.exit_code, done.output

    page = f"/organisations/{school.slug}/report"
    for address in ("guest@example.org", "other@example.org"):
        said = f"{address} says: the town is wrong."
        assert post(client, page, message=said, reply_to=address).status_code == 303
    code, text = run(commands.export, "Guest@example.org ")
    assert (code, "other@example.org" in text) == (0, False)
    tables = {part["table"] for part in json.loads(text)["data"]}
    assert {"claims_case"} <= tables <= {"claims_case", "outbox"}
    assert run(commands.erase, "guest@example.org", "--yes")[0] == 0
    left = [(row.reply_to, "town" in row.message) for row in Case.select().order_by(Case.id)]
    assert left == [("", False), ("other@example.org", True)]
    assert run(commands.export, "guest@example.org")[0] == 1
    assert Organisation.select().count() == 1


def test_a_group_of_the_cores_takes_in_what_plugins_add_but_nothing_of_its_own_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    added = {
        "user": cli.click.Group("user", commands={"erase": commands.erase, "list": commands.erase})
    }
    monkeypatch.setattr(cli, "_plugin_commands", lambda: added)

    place = cli.click.Context(cli.cli)
    group = cli.cli.get_command(place, "user")
    assert isinstance(group, cli.click.Group)
    erase, listed = (group.get_command(place, name) for name in ("erase", "list"))
    assert erase and erase.callback is commands.erase.callback
    assert listed and listed.callback is not commands.erase.callback
