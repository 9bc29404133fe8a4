"""Commands of the occupations plugin."""

from __future__ import annotations

import click

from plugins.occupations import concepts


@click.command("load")
def load() -> None:
    """Fill the table of occupations, unless it is filled."""
    app = click.get_current_context().obj()
    with app.app_context():
        click.echo(f"{concepts.load_all()} occupations and fields.")
