"""Commands of the partners plugin."""

from __future__ import annotations

import click

from plugins.partners import service
from portal.context import system_context


@click.group("partners")
def group() -> None:
    """Look after the partner search."""


@group.command("reindex")
def reindex() -> None:
    """Put every partner into the search anew."""
    app = click.get_current_context().obj()
    with app.app_context():
        click.echo(f"{service.refresh_all(system_context())} partners are in the search.")
