"""What merging asks other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.context import Context
from portal.hookspecs import TRANSACT, hookspec


@hookspec(TRANSACT, guards=False)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say of each of the plugin's columns that refer to organisations what a merge does with its rows.

    The keys are `table.column`. A mapping has a `title`, as the preview calls the rows, and, if you
    like, `stays`: True, or a condition in SQL on the row `r`, for rows that stay with the entry
    that goes (`{kept}` and `{gone}` are the numbers); `same`: columns in which a row equals one
    of the entry that stays, which then is kept; `drop`: True to delete such a row, and write it
    again when the merge is undone, instead of leaving it; `fields`: the `Versioned` that names the
    columns of a row of which each organisation has one, so that people choose between two;
    `together`: by column, those that go with it. All other rows are moved, those of columns of
    which nobody speaks too. Answer from constants; asked for each preview, merge and undo.
    """
    return {}
