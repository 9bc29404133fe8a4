"""What introductions ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def introductions_together(ctx: Context, ids: Sequence[int]) -> Sequence[tuple[int, int, str]]:
    """Say who worked with these organisations: triples of one of them, the other, what it was in.

    Asked once a page with at most some hundred ids, a few times for a way of introduction. Answer
    in one statement, with at most some thousand triples; silence means that nothing is known.
    """
    return ()


@hookspec(ISOLATE)
def introductions_groups(ctx: Context) -> Sequence[Sequence[int]]:
    """Say which organisations were in something together: the members of each project or consortium.

    Of what everybody may know alone. Asked for the picture of the whole network, at most every ten
    minutes in a worker; answer in one statement.
    """
    return ()
