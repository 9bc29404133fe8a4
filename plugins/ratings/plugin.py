"""What ratings answer when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

import click

from plugins.ratings import cli
from portal.context import Context
from portal.hookspecs import hookimpl


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal ratings`."""
    return [("", cli.group)]
