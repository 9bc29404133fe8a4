"""What an operator does for somebody whom nobody else can help."""

from __future__ import annotations

import click

from plugins.signin import factors
from portal import db
from portal.context import system_context
from portal.errors import PortalError
from portal.people import service as people
from portal.people import sessions


@click.command("remove-second-steps")
@click.argument("email")
def remove_second_steps(email: str) -> None:
    """Take all second steps of an account away, and sign it out."""
    with click.get_current_context().obj().app_context():
        try:
            account = people.existing(email)
        except PortalError as error:
            raise click.ClickException(error.message) from error
        with db.transaction():
            count = factors.remove_all(system_context(), account.id)
            sessions.end_all(account.id)
    click.echo(f"{count} removed. {account.email} signs in with the password alone.")
