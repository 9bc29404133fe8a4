"""What round tables ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def roundtables_sections(
    ctx: Context, page: str, series: Any, token: str
) -> Sequence[Mapping[str, Any]]:
    """Offer ways on from the page of a series, or from the page of somebody who wants a place.

    `page` is "series" (everybody), "host" (its people), "people" (the list of who is interested, for
    its people), "draw" (the allocation, for its people) or "mine" (somebody's own page, opened by
    `token`). `series` is a `Series` of `plugins.roundtables.interface`. Each answer is a mapping
    with `title`, `url` and, where it is about one table, `table` (its public id) and on "mine"
    also `seats` (True: only beside a place that was taken; {seat} in `url` stands for it), or, for
    another table that takes people, `text`, `lang` and `button`: an empty form sent to `url` puts
    the person there. On "draw" also `points`: more points of the curve (see `pictures.figures`).
    Asked once a page; silence means that there is nothing beyond it.
    """
    return ()


@hookspec(ISOLATE)
def roundtables_next(ctx: Context, series: int) -> Sequence[str]:
    """Name tables that still take people, for the mail to those without a place.

    `series` is the number of the series whose places were allocated just now. Answer with topics,
    the first to begin first. Asked once; silence means that there are none.
    """
    return ()


@hookspec(ISOLATE)
def roundtables_strategies(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Offer other ways to make the tickets of a draw, beside the three answers.

    Each answer is a mapping with `name` (begins with the plugin's id), `title`, and `tickets`: a function
    of pool, settings and seed (see `plugins.allocation.interface`) that returns 1,000 lists of pairs,
    code and table, the same for the same seed. They are held against every rule and measured like the
    others; a way that breaks a rule or raises is left out, and the host reads why. Asked once a try.
    """
    return ()


@hookspec(ISOLATE)
def roundtables_hosts(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name groups of organisations in whose name the actor may run a series now.

    Each answer is a mapping with `key` (stands for the group for ever), `title`, `url` (its page) and
    `organisation` (the number of the one that leads it, and for which the actor writes). Asked where
    a series is written; silence leaves the actor's organisations.
    """
    return ()


@hookspec(ISOLATE)
def roundtables_guests(ctx: Context, series: int, token: str) -> Sequence[Mapping[str, Any]]:
    """Say who opens the form of an interest by a link that was mailed to them.

    `series` is the number of a series, `token` what stands in the form's address. Answer with at
    most one mapping: `email`, which opening the link has proven, and what is known to fill in
    (`name`, `employer`, `lang`, `choice1` as a table's public id). Asked when a token is there.
    """
    return ()
