"""What links ask those who send them. Answer with `@hookimpl(optionalhook=True)`."""

from __future__ import annotations

from collections.abc import Sequence

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def link_purposes(ctx: Context) -> Sequence[object]:
    """Name what the plugin mails links for, from constants.

    Answer with `Purpose`s of `plugins.links.interface`. Asked whenever a link is mailed or opened.
    """
    return ()
