"""What Operation answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

import click

from plugins.operation import cli, plugin_commands
from portal.context import Context
from portal.hookspecs import hookimpl


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal doctor`, `demo` and what belongs to `portal db` and `portal plugin`."""
    of_database = [cli.backup, cli.restore, cli.check]
    return [
        *(("", command) for command in (cli.doctor, cli.demo)),
        *(("db", command) for command in of_database),
        *(("plugin", command) for command in (plugin_commands.uninstall, plugin_commands.forget)),
    ]
