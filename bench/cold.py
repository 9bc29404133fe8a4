"""The portal with its caches emptied before each request; for measuring, never for serving.

`PORTAL_BENCH_COLD` says which: `all`, or `answers` for those of whole searches and pieces of
pages alone, as when words are known but this search was not asked before.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from plugins.occupations import concepts
from plugins.partners import pages
from plugins.partners.pieces import NAME
from plugins.search import marking
from plugins.search.interface import clear_caches, index
from portal.app import create_app

_app = create_app()
_ALL = os.environ.get("PORTAL_BENCH_COLD", "all") == "all"


def app(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Answer with nothing remembered."""
    forget()
    return _app(environ, start_response)


def forget() -> None:
    """Empty the caches that hold something of a search or of its page."""
    if _ALL:
        clear_caches()
        concepts.clear_cache()
    elif state := index("partner")._state:
        state.results.clear()
        state.cards.clear()
    if NAME in _app.extensions:
        _app.extensions[NAME].clear()
    for module in (pages, marking):
        for value in vars(module).values():
            if hasattr(value, "cache_clear") and value not in _LASTING:
                value.cache_clear()


# Names of codes and the grid of the map are texts of the installation, not of a search.
_LASTING = {pages.grid, pages._regions, pages._value_label, marking._folded}
