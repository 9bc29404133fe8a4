"""What mobilities ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.context import Context
from portal.hookspecs import TRANSACT, hookspec


@hookspec(TRANSACT)
def mobilities_agreed(ctx: Context, mobility_ids: Sequence[int]) -> Mapping[int, bool]:
    """Say of mobilities whether their learning agreements are signed by everybody.

    Called inside the step that makes one agreed, which is refused where somebody answers False.
    Leave out those that need none. Silence means that no agreement is asked for.
    """
    return {}


@hookspec(TRANSACT)
def mobilities_transcribed(ctx: Context, mobility_ids: Sequence[int]) -> Mapping[int, bool]:
    """Say of mobilities whether the record of what was achieved is there.

    Called inside the step that makes one recognised, which is refused where somebody answers
    False. Leave out those that need none. Silence means that no transcript is asked for.
    """
    return {}
