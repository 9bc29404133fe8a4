"""Statements about what somebody may do or see: put together once for people alike, then kept.

To put such a question together takes ten times as long as to answer it. Its text hangs on the plugins
that take part and on the roles of who asks, not on who that is: account, time and values of the caller
stand in it as parameters. That is not believed but tried: it is built for who asks, and for two people
who don't exist, at other times and with other values. It is kept if nothing but these differs, if
nothing was read to build it and no plugin failed; else it is built anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from portal import db, objects
from portal.clock import FixedClock
from portal.context import Context

MOST = 1_000
"""So many statements a process keeps, of about 2 kB each."""
USES = 2
"""So often it is built before it is tried: that costs as much again, and many are asked once."""
Make = Callable[..., Any]
Rows = list[tuple[Any, ...]]


class Nobody(NamedTuple):
    """Stands in for who asks, when, and with which values; no row has any of them."""

    account: int
    at: datetime

    def values(self, real: Sequence[Any]) -> list[Any]:
        """Return a value of the same kind for each."""
        numbers = [self.account * 10 - at for at in range(len(real))]
        pairs = zip(real, numbers, strict=True)
        return [f"\0{stand_in}" if isinstance(one, str) else stand_in for one, stand_in in pairs]

    def context(self, real: Context) -> Context:
        """Return a context with the same roles; its actor is never one that was asked for before."""
        account = self.account if real.actor.signed_in else None
        actor = replace(real.actor, account_id=account, name=f"\0{self.account}")
        return replace(real, actor=actor, clock=FixedClock(self.at))


FIRST = Nobody(-7_000_001, datetime(2002, 3, 4, 5, tzinfo=UTC))
SECOND = Nobody(-7_500_002, datetime(2013, 6, 9, 7, tzinfo=UTC))


class Ready(NamedTuple):
    """A statement as the first nobody would run it; `shifts` are moments, as times from now."""

    sql: str
    params: Sequence[Any]
    shifts: dict[int, timedelta]

    def filled(self, ctx: Context, values: Sequence[Any]) -> list[Any]:
        """Return the parameters for somebody else."""
        known = dict(zip(FIRST.values(values), values, strict=True))
        known[FIRST.account] = ctx.actor.account_id
        found = [known.get(param, param) for param in self.params]
        for at, shift in self.shifts.items():
            found[at] = db.utc_text(ctx.clock.now() + shift)
        return found


def rows(ctx: Context, key: Any, make: Make, *values: Any, permissions: Iterable[str] = ()) -> Rows:
    """Return the rows, as they are stored, of the query that `make(ctx, *values)` builds.

    `key` names the query. Name the `permissions` that it asks for: what a plugin may forbid is asked
    anew each time.
    """
    known = objects.registry().hooks.kept
    place = key, replace(ctx.actor, account_id=0 if ctx.actor.signed_in else None, name="")
    ready = known.get(place, 0)
    if isinstance(ready, Ready):
        return _fetched(ready.sql, ready.filled(ctx, values))
    if ready is not None and not ctx.actor.system:
        if len(known) >= MOST:
            known.clear()
        is_new = ready < USES
        known[place] = ready + 1 if is_new else _tried(ctx, make, values, set(permissions))
    return _fetched(*make(ctx, *values).sql())


def row_of(model: Any, values: Sequence[Any]) -> Any:
    """Return a row of a model from what is stored for its fields, in their order; the rest is left."""
    row = model(__no_default__=1)
    for field, value in zip(model._meta.sorted_fields, values, strict=False):
        row.__data__[field.name] = field.python_value(value)
    row._dirty.clear()
    return row


def _fetched(sql: str, params: Sequence[Any]) -> Rows:
    found: Rows = db.database.execute_sql(sql, params).fetchall()
    return found


def _tried(ctx: Context, make: Make, values: Sequence[Any], asked: set[str]) -> Ready | None:
    """Return a statement for all people alike; None if it doesn't fit them all."""
    if _may_be_forbidden(asked):
        return None
    hooks = objects.registry().hooks
    failures = hooks.failures
    with db.count_statements() as read:
        sql, params = make(ctx, *values).sql()
        one, other = (make(who.context(ctx), *who.values(values)).sql() for who in (FIRST, SECOND))
    if read or hooks.failures != failures or not sql == one[0] == other[0]:
        return None
    ready = Ready(sql, one[1], _shifts(one[1], other[1]))
    now = [ready._replace(shifts={}).filled(ctx, values), list(params)]
    for at in ready.shifts:
        now[0][at] = now[1][at]  # the clock has gone on
    fits = ready.filled(SECOND.context(ctx), SECOND.values(values)) == list(other[1])
    return ready if fits and now[0] == now[1] else None


def _shifts(one: Sequence[Any], other: Sequence[Any]) -> dict[int, timedelta]:
    found = {}
    for at, pair in enumerate(zip(one, other, strict=True)):
        with suppress(TypeError, ValueError):
            if pair[0] != pair[1]:
                found[at] = db.parse_utc(pair[0]) - FIRST.at
    return found


def _may_be_forbidden(asked: set[str]) -> bool:
    """Whether a plugin answers `permission_veto` for one of these permissions, or names none."""
    answering = objects.registry().hooks.implementing("permission_veto")
    return any(not vetoes or asked & vetoes for vetoes in map(vetoes_of, answering))


def vetoes_of(plugin: str) -> set[str]:
    """Return the permissions that a plugin says it may forbid."""
    found = objects.registry().found.get(plugin)
    return set(found.manifest.vetoes) if found and found.manifest else set()
