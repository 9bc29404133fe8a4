"""The command `portal user`: accounts without a browser."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import click
from flask import Flask

from portal import db
from portal.context import Context, system_context
from portal.errors import PortalError
from portal.people import rules, service
from portal.people.models import Account

ROLE = click.Choice(rules.ROLES, case_sensitive=False)


@contextmanager
def _portal() -> Iterator[Context]:
    """Open the portal for a command; what it refuses becomes one line and a non-zero exit."""
    make_app = cast(Callable[[], Flask], click.get_current_context().obj)
    app = make_app()
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        try:
            yield system_context()
        except PortalError as error:
            raise click.ClickException(error.message) from error
        finally:
            db.database.close()


@click.group("user")
def group() -> None:
    """People's accounts."""


@group.command()
@click.argument("email")
@click.option("--name", prompt=True, help="The name others see.")
@click.option("--role", type=ROLE, default="Member", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password's line from the input.")
@click.option("--verified", is_flag=True, help="Take the address as confirmed; send no mail.")
def create(email: str, name: str, role: str, password_stdin: bool, verified: bool) -> None:
    """Create the account of EMAIL."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with _portal() as ctx:
        account = service.create_account(
            ctx, email=email, name=name, password=password, role=role, verified=verified
        )
    click.echo(f"Created the account {account.email} ({account.role}).")


@group.command()
@click.argument("email")
@click.argument("role", type=ROLE)
def promote(email: str, role: str) -> None:
    """Give the account of EMAIL another ROLE."""
    with _portal() as ctx:
        account = service.promote(ctx, email, role)
    click.echo(f"{account.email} is now {account.role}.")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list.")
def list_accounts(as_json: bool) -> None:
    """List the accounts."""
    row: Any = Account
    shown = (row.email, row.name, row.role, row.verified_at, row.disabled_at, row.created_at)
    with _portal():
        accounts = list(row.select(*shown).order_by(row.email).dicts())
    if as_json:
        click.echo(json.dumps(accounts, ensure_ascii=False, indent=2, default=db.utc_text))
        return
    for one in accounts:
        state = "disabled" if one["disabled_at"] else "" if one["verified_at"] else "unconfirmed"
        click.echo("  ".join(filter(None, [one["email"], one["role"], one["name"], state])))


@group.command()
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let the account in again.")
def disable(email: str, undo: bool) -> None:
    """Shut the account of EMAIL out at once."""
    with _portal() as ctx:
        account = service.set_disabled(ctx, email, disabled=not undo)
    click.echo(f"{account.email} may {'sign in again' if undo else 'no longer sign in'}.")
