"""The commands `portal audit`, `portal user export` and `portal user erase`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from plugins.trust import checking, service
from portal import audit
from portal.context import Context, system_context
from portal.people.models import Account


@contextmanager
def _portal() -> Iterator[Context]:
    with click.get_current_context().obj().app_context():
        yield system_context()


@click.group("audit")
def audit_group() -> None:
    """Check the audit log, say its head."""


@audit_group.command("head")
def audit_head() -> None:
    """Print the signed head: keep it where the portal's keepers can't change it."""
    with _portal() as ctx:
        click.echo(checking.head(ctx).text)


@audit_group.command("verify")
@click.option("--head", "copy", type=click.File(), help="A mail or file with a head; - for input.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def audit_verify(copy: TextIO | None, as_json: bool) -> None:
    """Recompute the whole log and name the first bad entry."""
    with _portal():
        faults = checking.verify(checking.read_head(copy.read()) if copy else None)
        count = audit.AuditEntry.select().count()
    if as_json:
        found = [fault.__dict__ for fault in faults]
        click.echo(json.dumps({"entries": count, "faults": found}, ensure_ascii=False))
        sys.exit(1 if faults else 0)
    if faults:
        raise click.ClickException(f"The audit log was changed: {faults[0].what}")
    click.echo(f"All {count} entries are as they were written.")


def _account(email: str) -> int | None:
    found: Account | None = Account.get_or_none(Account.email == email.strip().lower())
    return int(found.id) if found else None


@click.command("export")
@click.argument("email")
def export(email: str) -> None:
    """Write what is kept of the person with EMAIL as JSON, also without an account."""
    with _portal() as ctx:
        number = _account(email)
        copy = service.export(ctx, number) if number else service.export_address(ctx, email)
    click.echo(json.dumps(copy, ensure_ascii=False, indent=2))


@click.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Erase without asking.")
def erase(email: str, yes: bool) -> None:
    """Erase what is kept of the person with EMAIL, also without an account; it can't be undone."""
    with _portal() as ctx:
        number = _account(email)
        if not yes:
            click.confirm(f"Erase what is kept of {email} for good?", abort=True)
        if number is None:
            count = service.erase_address(ctx, email)
            click.echo(f"Erased. {email} has no account; what it left stood in {count} rows.")
            return
        service.erase(ctx, number)
    click.echo(f"Erased. What was done for others now names former account {number}.")
