"""What the allocation answers when the portal asks: a command for those who register people elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import click

from plugins.allocation import cli
from portal.context import Context
from portal.hookspecs import hookimpl


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer the commands of the round tables; they need no database."""
    return [("", cli.group)]
