"""What mobilities ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from portal.context import Context
from portal.hookspecs import ISOLATE, TRANSACT, hookspec


@hookspec(ISOLATE)
def mobilities_asides(ctx: Context, public_id: str) -> Sequence[Markup]:
    """Offer cards beside a mobility that the actor may see.

    Called once for its page; `plugins.mobilities.interface.find` says more of it.
    """
    return ()


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
