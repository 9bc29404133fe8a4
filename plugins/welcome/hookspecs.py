"""What the first steps ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def first_step_list(ctx: Context, aim: str) -> Sequence[Mapping[str, Any]]:
    """Offer steps to somebody new who came for `aim`: searcher, host, lead or stakeholder.

    Each is a mapping: `title` (what to do), `text` (why, a sentence), `url` (a path here, empty while
    it can't be done yet), `link` (what its button says), `done` (whether the actor really has done
    it), `order` (small first), and, if it is what this aim is about, `offers`: True. An aim is
    offered when a step says so; at most five steps are shown. Called for each aim on the page
    where one chooses, else for the chosen one: answer in one or two statements.
    """
    return ()
