"""What consortia ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def consortia_known(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name consortia that public sources know: facts with their source, none of ours.

    Each is a mapping: `acronym`, `title`, `members` and `countries` (as text), `url`, `groups`
    (pairs of a number and a kind of tile) and `source`. Asked once for the page of consortia.
    """
    return ()


@hookspec(ISOLATE)
def consortia_agreements(ctx: Context, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """Say which agreements organisations have in force, by the last day (ISO, or empty) of each.

    Asked once for a page of a consortium with all its active members. Leave out those without
    any; when nobody answers, the page says nothing of agreements.
    """
    return {}
