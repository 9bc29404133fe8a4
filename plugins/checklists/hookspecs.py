"""What own checklists ask other plugins. Answer with `@hookimpl(optionalhook=True)`."""

from __future__ import annotations

from collections.abc import Sequence

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def checklists_before(ctx: Context, organisation_id: int) -> Sequence[str]:
    """Say for which stays another list goes before the one of an organisation, each in a sentence.

    Called once for the page of its list. Silence means that its own list holds for all of them.
    """
    return ()
