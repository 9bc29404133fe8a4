"""`portal user`: accounts without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from portal import mail
from portal.people.commands import group
from portal.people.models import Account
from tests.factories import PASSWORD, make_account

ADDRESS = "lead@school.example"


@pytest.fixture
def run(any_app: Flask) -> Any:
    def command(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(group, list(words), input=typed, obj=lambda: any_app)

    return command


def test_create_reads_the_password_from_the_input(run: Any) -> None:
    result = run(
        *("create", ADDRESS, "--name", "Lead", "--role", "SiteAdmin", "--verified"),
        "--password-stdin",
        typed=f"{PASSWORD}\n",
    )
    assert result.exit_code == 0, result.output
    account = Account.get()
    assert (account.email, account.name, account.role) == (ADDRESS, "Lead", "SiteAdmin")
    assert account.verified_at and mail.Outbox.select().count() == 0
    assert PASSWORD not in result.output


def test_create_asks_for_what_is_missing_and_mails_the_link(run: Any) -> None:
    result = run("create", ADDRESS, typed=f"Lead\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert Account.get().verified_at is None
    assert mail.Outbox.get().recipient == ADDRESS
    assert PASSWORD not in result.output


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [
        ("no address", PASSWORD, "Write the address in full"),
        (ADDRESS, "password", "at least 10"),
        ("known@school.example", PASSWORD, "has an account already"),
    ],
)
def test_create_refuses_with_one_clear_line(
    run: Any, any_app: Flask, email: str, password: str, says: str
) -> None:
    make_account(any_app, email="known@school.example")
    result = run("create", email, "--name", "Lead", "--password-stdin", typed=f"{password}\n")
    assert result.exit_code == 1
    assert says in result.output and result.output.count("\n") == 1
    assert Account.select().count() == 1


def test_promote_changes_the_role(run: Any, any_app: Flask) -> None:
    account = make_account(any_app)
    assert run("promote", account.email, "reviewer").exit_code == 0
    assert Account.get().role == "Reviewer"


def test_promote_names_an_unknown_address(run: Any) -> None:
    result = run("promote", ADDRESS, "Reviewer")
    assert result.exit_code == 1
    assert ADDRESS in result.output


def test_list_writes_json_without_passwords(run: Any, any_app: Flask) -> None:
    account = make_account(any_app, name="Lead")
    result = run("list", "--json")
    (row,) = json.loads(result.output)
    assert (row["email"], row["name"], row["role"]) == (account.email, "Lead", "Member")
    assert "password_hash" not in row and "argon2" not in result.output


def test_disable_shuts_out_and_undo_lets_in(run: Any, any_app: Flask) -> None:
    account = make_account(any_app)
    assert run("disable", account.email).exit_code == 0
    assert Account.get().disabled_at is not None
    assert "disabled" in run("list").output
    assert run("disable", account.email, "--undo").exit_code == 0
    assert Account.get().disabled_at is None
