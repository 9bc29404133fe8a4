"""A consortium with what the actor may do with it, in one statement that is kept ready.

The conditions come from the one map of permissions, asked with a number in the account's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from plugins.consortia.models import Consortium
from portal import db, objects, permissions
from portal.context import Actor, Context
from portal.organisations.models import Organisation

RIGHTS = ("view", "edit", "run", "pause", "inside", "history")
SOMEBODY, SOMEWHERE = -7_000_001, "\0"
"""Stand in a kept statement for the account and the address; no row has them."""
KEPT = 50


def read(ctx: Context, slug: str) -> tuple[Consortium | None, set[str]]:
    """Return the consortium of an address with its lead, and the actor's rights; None for none."""
    if not _is_plain(ctx):
        row = _rows().where(_here(slug)).first()
        return row, permissions.granted(ctx, row, RIGHTS) if row else set()
    signed_in, registry = ctx.actor.signed_in, objects.registry()
    actor = replace(ctx.actor, account_id=SOMEBODY if signed_in else None, name="")
    place = (id(registry), registry.generation, db.is_postgres())
    sql, params = _ready(place, actor)
    real = {SOMEBODY: ctx.actor.account_id, SOMEWHERE: slug}
    # Conditions may name the account in their text, too.
    sql = sql.replace(str(SOMEBODY), str(ctx.actor.account_id))
    rows = db.database.execute_sql(sql, [real.get(item, item) for item in params]).fetchall()
    if not rows:
        return None, set()
    fields, leads = _fields(Consortium), _fields(Organisation)
    row, at = _made(Consortium, rows[0]), len(fields)
    row.lead = _made(Organisation, rows[0][at:])
    row._dirty.clear()
    answers = rows[0][at + len(leads) :]
    return row, {name for name, answer in zip(RIGHTS, answers, strict=True) if answer}


def _is_plain(ctx: Context) -> bool:
    """Whether rights hang on account and roles alone: no program's token, no veto of a plugin."""
    if ctx.actor.system or ctx.actor.organisation_id is not None:
        return False
    registry = objects.registry()
    return not _may_be_vetoed(id(registry), registry.generation)


@lru_cache(maxsize=KEPT)
def _may_be_vetoed(_registry: int, _generation: int) -> bool:
    registry = objects.registry()
    manifests = {name: found.manifest for name, found in registry.found.items() if found.manifest}
    forbidding = registry.hooks.implementing("permission_veto")
    return any(not manifests[name].vetoes for name in forbidding if name in manifests) or any(
        set(RIGHTS) & set(manifest.vetoes) for manifest in manifests.values()
    )


def _rows(*more: Any) -> Any:
    of: Any = Consortium
    rows = of.select(of, Organisation, *more)
    return rows.join(Organisation, on=of.lead == Organisation.id)


def _here(slug: str) -> Any:
    return (Consortium.slug == slug) | (Consortium.public_id == slug)


@lru_cache(maxsize=KEPT)
def _ready(_place: tuple[Any, ...], actor: Actor) -> tuple[str, Sequence[Any]]:
    asked = [permissions.visible(Context(actor), Consortium, name) for name in RIGHTS]
    columns = [condition.alias(f"q{at}") for at, condition in enumerate(asked)]
    found: tuple[str, Sequence[Any]] = _rows(*columns).where(_here(SOMEWHERE)).limit(1).sql()
    return found


def _fields(model: Any) -> list[Any]:
    return list(model._meta.sorted_fields)


def _made(model: Any, values: Sequence[Any]) -> Any:
    row = model(__no_default__=1)
    for field, value in zip(_fields(model), values, strict=False):
        row.__data__[field.name] = field.python_value(value)
    return row
