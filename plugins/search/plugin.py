"""What the search plugin answers when the portal asks."""

from __future__ import annotations

from plugins.search.merging import merge_all_due
from portal.context import Context
from portal.hookspecs import hookimpl


@hookimpl
def upkeep_run(ctx: Context) -> None:
    """Fold fresh changes into the sets where there are many."""
    merge_all_due()
