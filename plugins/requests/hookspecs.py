"""What partner requests ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def requests_past_partners(ctx: Context, organisation_id: int) -> Sequence[tuple[int, str]]:
    """Name claimed organisations that worked with this one: pairs of number and what it was in.

    They can be asked about it. Called once for its profile and the pages of such a question;
    answer in one statement, with at most some hundred pairs. Silence means that nobody can be.
    """
    return ()
