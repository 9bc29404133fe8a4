"""Help of commands in the operator's language, for the core's and the plugins' alike.

Commands are declared in English as click has it; translated copies are shown and run.
"""

from __future__ import annotations

import gettext as stdlib_gettext
import inspect
import os
from copy import copy
from typing import Any

import click

from portal.i18n import SOURCE, _, best_locale, catalogues, set_locale

VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def speak() -> None:
    """Speak the language of the environment, as other programs choose it; English if not ours."""
    wanted = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    code = best_locale([tag.partition(".")[0] for tag in wanted.split(":")]) or SOURCE
    set_locale(code)
    catalogues.of(code)  # makes the compiled form, in which click looks its own words up
    stdlib_gettext.bindtextdomain("messages", str(catalogues.folders[0]))


class Speaking(click.Group):
    """A group that shows itself and its commands in the operator's language."""

    def main(self, *args: Any, **more: Any) -> Any:
        """Run a command line."""
        speak()
        return super().main(*args, **more)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page of `--help`."""
        super(Speaking, _copy(self)).format_help(ctx, formatter)


def translated(command: click.Command) -> click.Command:
    """Return a copy of a command, and of those below it, whose help is translated."""
    command = _copy(command)
    if isinstance(command, click.Group) and not isinstance(command, Speaking):
        below = command.commands.items()
        command.commands = {name: translated(item) for name, item in below}
    return command


def _copy(command: Any) -> Any:
    command = copy(command)
    command.params = [copy(param) for param in command.params]
    for part in (command, *command.params):
        if getattr(part, "help", None):
            part.help = _(inspect.cleandoc(part.help))
    return command
