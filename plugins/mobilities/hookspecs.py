"""What mobilities ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from portal.context import Context
from portal.hookspecs import ISOLATE, TRANSACT, hookspec


@hookspec(ISOLATE)
def mobilities_asides(ctx: Context, public_id: str) -> Sequence[Markup]:
    """Offer cards beside a mobility that the actor may see.

    Called once for its page; `plugins.mobilities.interface.find` says more of it.
    """
    return ()


@hookspec(ISOLATE)
def mobilities_occupations(ctx: Context, texts: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """Say which occupation (ESCO) texts name: words in any language, or its address.

    Each has `label` in the language of the page, `code` (ISCO-08 unit group) and `url`, its address
    in ESCO. Leave out texts that name none or several. Called once for a page, a file, or a plan
    that begins with an address. Silence means that words stay words.
    """
    return {}


@hookspec(TRANSACT)
def mobilities_united(ctx: Context, mobility_ids: Sequence[int]) -> Mapping[int, bool]:
    """Say of mobilities whether a unit of learning outcomes is named for them, with what is learned.

    Called inside the step that makes one agreed, before `mobilities_agreed`; it is refused where
    somebody answers False. Leave out those that need none. Silence means that no unit is asked for.
    """
    return {}


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


@hookspec(ISOLATE)
def mobilities_list(ctx: Context, organisation_id: int, host_id: int, starts_on: str) -> int:
    """Name the list of steps with which a stay begins that an organisation plans with a host.

    Called when one is planned; `starts_on` is its first day. The number is 1,000 or more. Of
    several the highest counts: the list of an organisation has a number below 1,000,000,000, that of
    a consortium one from there on. Silence means the usual list.
    """
    return 0


@hookspec(ISOLATE)
def mobilities_steps(ctx: Context, number: int) -> Sequence[Mapping[str, Any]]:
    """Return the steps of the list with a number that `mobilities_list` named.

    Each has the attributes of `plugins.mobilities.interface.Step` by name. Such a list never
    changes, so each process asks once. Without an answer its steps are those of the usual list.
    """
    return ()


@hookspec(ISOLATE)
def mobilities_list_name(ctx: Context, number: int) -> str:
    """Say in a sentence whose a list of steps is that `mobilities_list` named, and why it counts.

    Called once for the page of all steps of a stay that has such a list.
    """
    return ""


@hookspec(ISOLATE)
def mobilities_step_shown(
    ctx: Context, mobility_id: int, public_id: str, keys: Collection[str], may: Collection[str]
) -> Mapping[str, Markup]:
    """Add something below steps on the page of all steps, by their keys; `may` are those that the
    reader may mark.

    Called once for that page, for readers who write for a side: answer in one statement.
    """
    return {}
