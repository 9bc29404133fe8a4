"""What agreements ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def agreements_templates(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Offer templates of agreements, as `plugins/agreements/data/README.md` describes them.

    Each is a mapping like a data file, with the English or marked texts under `wording`. Answer from
    constants; asked where somebody begins an agreement and where one of such a kind is shown. Agreements keep the version they
    began with: go on to offer old ones.
    """
    return ()
