"""A consortium with what the actor may do with it, in one statement."""

from __future__ import annotations

from typing import Any

from plugins.consortia.models import Consortium
from portal import kept, permissions
from portal.context import Context
from portal.organisations.models import Organisation

RIGHTS = ("view", "edit", "run", "pause", "inside", "history")


def read(ctx: Context, slug: str) -> tuple[Consortium | None, set[str]]:
    """Return the consortium of an address with its lead, and the actor's rights; None for none."""
    found = kept.rows(ctx, "consortia.read", _query, slug, permissions=RIGHTS)
    if not found:
        return None, set()
    fields, leads = len(Consortium._meta.fields), len(Organisation._meta.fields)
    row = kept.row_of(Consortium, found[0])
    row.lead = kept.row_of(Organisation, found[0][fields:])
    row._dirty.clear()
    answers = found[0][fields + leads :]
    return row, {name for name, answer in zip(RIGHTS, answers, strict=True) if answer}


def _query(ctx: Context, slug: str) -> Any:
    of: Any = Consortium
    asked = [permissions.visible(ctx, of, name) for name in RIGHTS]
    columns = [condition.alias(f"q{at}") for at, condition in enumerate(asked)]
    rows = of.select(of, Organisation, *columns).join(Organisation, on=of.lead == Organisation.id)
    return rows.where((of.slug == slug) | (of.public_id == slug)).limit(1)
