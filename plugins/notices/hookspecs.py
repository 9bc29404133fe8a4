"""What notices ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.context import Context
from portal.hookspecs import ISOLATE, TRANSACT, hookspec


@hookspec(TRANSACT, guards=False)
def notice_tell(ctx: Context, account_id: int, notice: Mapping[str, Any]) -> bool:
    """Tell a person something; answered by notices themselves.

    Ask it inside the transaction of the deed: `hooks.call("notice_tell", ctx, account_id=...,
    notice={...})` with `kind` and `title`, and, if you like, `body`, `url` (a path here) and
    `subject`: of the same subject a person is told once. Begin it with the type and number of the
    object ("claims_case 7"), and what is about a made-up organisation is marked; or say so with
    `is_fictional`. Title and body may be `lazy_gettext(...)`
    with named values: they are translated for whoever reads them. No answer, or False, means that
    nobody told them, such as while notices are switched off: then write a mail or do without.
    """


@hookspec(ISOLATE)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name the kinds of notices that the plugin tells, from constants.

    Each is a mapping: `kind` (`<plugin>.<what_happened>`), `title`, `default` (at_once, daily or
    none) and `fixed`, true where people can't choose. Asked for each notice and page of choices.
    """


@hookspec(ISOLATE)
def calendar_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Offer what belongs into the actor's calendar, in a bounded number of statements.

    Each is a mapping: `uid` (the same for the same thing each time), `title`, `start` (a day, or
    an aware moment), and, if you like, `end` and `url` (a path here). Asked when a calendar looks.
    """
