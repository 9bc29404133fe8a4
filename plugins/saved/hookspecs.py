"""What saved searches ask others. Answer with `@hookimpl(optionalhook=True)`."""

from __future__ import annotations

from collections.abc import Sequence

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec


@hookspec(ISOLATE)
def saved_pages(ctx: Context) -> Sequence[object]:
    """Offer pages whose searches people may keep, from constants; one for each kind of documents.

    Answer with `SearchPage`s of `plugins.search.interface`, which this file can do without: it is
    read even where the search is not there.
    Asked when somebody keeps a search or looks at one, and once in each look at what is new.
    """
    return ()
