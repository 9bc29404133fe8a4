"""The commands `portal token list` and `portal token revoke`."""

from __future__ import annotations

import json
from typing import Any

import click

from plugins.tokens import queries, service
from plugins.tokens.models import Token
from portal import db
from portal.context import Context, system_context


@click.group("token")
def token_group() -> None:
    """Show people's API tokens, revoke them."""


@token_group.command("list")
@click.argument("email", default="")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def token_list(email: str, as_json: bool) -> None:
    """List the tokens that are good, of the person with EMAIL or of all."""
    with click.get_current_context().obj().app_context():
        ctx = system_context()
        rows = [_row(token) for token in queries.everybodys(email) if _is_good(ctx, token)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        used = row["used_at"] or "never used"
        click.echo(f"{row['number']}  {row['email']}  {row['scopes']}  {used}  {row['name']}")
    click.echo("1 token." if len(rows) == 1 else f"{len(rows)} tokens.")


@token_group.command("revoke")
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
def token_revoke(numbers: tuple[str, ...]) -> None:
    """End tokens at once, by their numbers in the list."""
    with click.get_current_context().obj().app_context():
        for number in numbers:
            token = service.revoke(system_context(), number)
            click.echo(f"Revoked: {number} {token.name}")


def _is_good(ctx: Context, token: Token) -> bool:
    return bool(token.expires_at > ctx.clock.now())


def _row(token: Token) -> dict[str, Any]:
    return {
        "number": token.public_id,
        "email": token.account.email,
        "name": token.name,
        "scopes": token.scopes,
        "organisation": token.organisation and token.organisation.slug,
        "created_at": db.utc_text(token.created_at),
        "used_at": token.used_at and db.utc_text(token.used_at),
        "expires_at": db.utc_text(token.expires_at),
    }
