"""From closed registration to published places: try out, commit, draw, publish; each once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from plugins.allocation import interface as allocation
from plugins.roundtables import models, placing, pooling, queries, telling, tokens
from plugins.roundtables.models import Draw, Interest, Series
from portal import audit, db, events, jobs, objects, permissions, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, NotFound
from portal.hookspecs import Progress
from portal.i18n import _
from portal.organisations.service import new_public_id

NAME = "roundtables_series"
TRY = "roundtables.try_out"
MOST_NAMED, LOOKED_EVERY = 3, 0.5
"""Other tables that a mail names; seconds between two looks whether somebody stopped a try."""


def check_closed(ctx: Context, series: Series) -> None:
    """Refuse everything about the allocation before registration is closed, and after it is published."""
    permissions.check(ctx, "run", series)
    if series.state != models.CLOSED:
        raise Conflict(_("Places are allocated once, after registration has closed."))


def _held(series: Series) -> None:
    if placing.hold(series) != models.CLOSED:
        raise Conflict(_("Somebody else published the allocation meanwhile."))


# When everybody fits


def place_all(ctx: Context, series: Series) -> int:
    """Offer everybody a place, when interest fits the places; no draw. Raises Conflict."""
    check_closed(ctx, series)
    with db.transaction():
        _held(series)
        pairs = pooling.everybody_fits(series)
        if pairs is None:
            raise Conflict(_("There are more people than places. Try the allocation out first."))
        made = placing.offer(ctx, series, pairs, "all")
        _publish(ctx, series)
    return made


def _publish(ctx: Context, series: Series) -> None:
    Interest.update(is_pooled=True).where(
        Interest.series == series.id, Interest.state == models.INTERESTED
    ).execute()
    workflow.move(ctx.as_actor(SYSTEM), series, "place")
    audit.record(ctx, "places.published", NAME, series.id)
    events.emit(ctx, "round_tables.allocated", NAME, series.id)
    placing.refill(ctx, series)


# Trying out


def try_out(ctx: Context, series: Series) -> Draw:
    """Queue a try at the allocation; while one is at work, that is it. Raises Conflict."""
    check_closed(ctx, series)
    with db.transaction():
        _held(series)
        if queries.draw_of(series) is not None:
            raise Conflict(_("The draw is committed already."))
        known: Draw | None = Draw.get_or_none(
            Draw.series == series.id, Draw.state == models.WORKING
        )
        if known is not None:
            return known
        made: Draw = Draw.create(
            public_id=new_public_id(), series=series.id, loss=series.loss,
            account=ctx.actor.account_id, created_at=ctx.clock.now(),
        )  # fmt: skip
        job = jobs.enqueue(ctx, TRY, {"draw": made.id}, key=f"draw {made.id}")
        Draw.update(job_id=job).where(Draw.id == made.id).execute()
        audit.record(ctx, "draw.tried", NAME, series.id, draw=made.id)
    return made


def stop(ctx: Context, series: Series) -> None:
    """Stop the try at work; nothing of it is kept."""
    check_closed(ctx, series)
    with db.transaction():
        Draw.update(state=models.STOPPED).where(
            Draw.series == series.id, Draw.state == models.WORKING
        ).execute()


def run_try(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Compute what each answer to "broader or more equal?" would give; the worker calls it."""
    made: Draw | None = Draw.get_or_none(Draw.id == payload["draw"], Draw.state == models.WORKING)
    if made is None:
        return
    series: Series = Series.get_by_id(made.series_id)
    try:
        values = _computed(ctx, series, *_watch(made, progress))
    except allocation.Stopped:
        return
    except Invalid as error:
        values = {"state": models.FAILED, "figures": {"problems": [[error.message, ""]]}}
    with db.transaction():
        here = (Draw.id == made.id, Draw.state == models.WORKING)
        if Draw.update(**values).where(*here).execute() and values["state"] == models.TRIED:
            events.emit(ctx, "round_tables.tried", NAME, series.id)


def _watch(made: Draw, progress: Progress) -> tuple[Any, Any]:
    """Return what hears how far a try is, and what says whether somebody stopped it."""
    looked = [0.0, 0.0]

    def hear(share: float) -> None:
        if time.monotonic() - looked[0] >= LOOKED_EVERY:
            progress.report(share)
            state = db.query("SELECT state FROM roundtables_draw WHERE id = ?", (made.id,))
            looked[:] = time.monotonic(), float(not state or state[0][0] != models.WORKING)

    return hear, lambda: bool(looked[1])


def _computed(ctx: Context, series: Series, hear: Any, is_stopped: Any) -> dict[str, Any]:
    tables = queries.tables(series)
    pool = pooling.pool_of(series, queries.people(series, models.INTERESTED), tables)
    settings = pooling.settings_of(series, tables, series.loss)
    more = list(objects.registry().hooks.each("roundtables_strategies", ctx))
    tried = allocation.try_out(pool, settings, hear, is_stopped, more)
    kept = {"results": tried.results, "rivals": tried.rivals}
    text = allocation.pool_text(pool)
    return {
        "state": models.TRIED, "figures": tried.figures,
        "result": json.dumps(kept, separators=(",", ":")),
        "pool": tokens.seal(text) if tokens.can_seal() else text, "pool_hash": tried.pool_hash,
        "settings": settings.data(),
    }  # fmt: skip


# Committing, drawing, publishing


def commit(
    ctx: Context, series: Series, public_id: str, preset: str, source: str, seals: str
) -> None:
    """Fix the answer and the tickets, and name the public value to come, before anybody knows it.

    `source` is beacon (a round of the public beacon in some minutes) or seals (fingerprints of
    secrets of the host and two others, one a line). Raises Invalid, Conflict: also when somebody
    withdrew since the try.
    """
    check_closed(ctx, series)
    announced = allocation.announced(source, seals, ctx.clock.now())
    with db.transaction():
        _held(series)
        if queries.draw_of(series) is not None:
            raise Conflict(_("Somebody else committed a draw meanwhile. Look at it."))
        made: Draw | None = Draw.get_or_none(
            Draw.public_id == public_id, Draw.series == series.id, Draw.state == models.TRIED
        )
        if made is None:
            raise NotFound
        _check_same(series, made)
        kept, losses = json.loads(made.result), made.figures.get("losses", allocation.PRESETS)
        if preset not in losses:
            raise Invalid(_("Choose one of the answers."), "preset")
        published = kept["results"][preset]
        result = _result(made, published)
        published["hashes"] = allocation.commitment(result, announced)
        kept = {"results": {preset: published}, "rivals": kept["rivals"]}
        loss = losses[preset]
        Draw.update(
            state=models.COMMITTED,
            loss=loss,
            settings=result.settings.data(),
            result=json.dumps(kept, separators=(",", ":")),
            figures={**made.figures, "preset": preset},
            tickets_hash=published["hashes"]["tickets"],
            settings_hash=published["hashes"]["settings"],
            source=announced,
            committed_at=ctx.clock.now(),
        ).where(Draw.id == made.id).execute()
        Series.update(loss=loss).where(Series.id == series.id).execute()
        Interest.update(is_pooled=True).where(
            Interest.series == series.id, Interest.state == models.INTERESTED
        ).execute()
        audit.record(ctx, "draw.committed", NAME, series.id, draw=made.id, **published["hashes"])


def _check_same(series: Series, made: Draw) -> None:
    tables = queries.tables(series)
    pool = pooling.pool_of(series, queries.people(series, models.INTERESTED), tables)
    settings = pooling.settings_of(series, tables, series.loss).data()
    if allocation.fingerprint_of(pool) != made.pool_hash or settings != made.settings:
        raise Conflict(
            _(
                "Somebody withdrew, or a table or a rule changed, since this was tried out. Try again."
            )
        )


def draw(ctx: Context, series: Series, value: str) -> None:
    """Draw the ticket with the public value: pasted, or made of the revealed secrets.

    Raises Invalid for a value that does not fit what was announced, Conflict when it was drawn.
    """
    check_closed(ctx, series)
    with db.transaction():
        _held(series)
        made = queries.draw_of(series)
        if made is None or made.state != models.COMMITTED:
            raise Conflict(_("There is no committed draw that waits for its value."))
        try:
            found = allocation.value_of(made.source, value, ctx.clock.now())
        except Invalid as error:
            raise Invalid(error.message, "value") from None
        published = json.loads(made.result)
        preset = made.figures["preset"]
        result = _result(made, published["results"][preset])
        ticket = allocation.draw(result, found)
        published["results"][preset] |= {"beacon": found, "drawn": ticket}
        Draw.update(
            state=models.DRAWN,
            value=found,
            ticket=ticket,
            drawn_at=ctx.clock.now(),
            result=json.dumps(published, separators=(",", ":")),
        ).where(Draw.id == made.id, Draw.state == models.COMMITTED).execute()
        audit.record(ctx, "draw.drawn", NAME, series.id, draw=made.id, ticket=ticket, value=found)


def show(ctx: Context, series: Series) -> int:
    """Publish the drawn ticket: offers go out, all others read why not. Raises Conflict.

    Places of people who withdrew since the commitment go on by the rule of replacement.
    """
    check_closed(ctx, series)
    with db.transaction():
        _held(series)
        made = queries.draw_of(series)
        if made is None or made.state != models.DRAWN:
            raise Conflict(_("Draw a ticket first."))
        by_key = {row.key: row for row in queries.tables(series)}
        by_code = {row.receipt: row for row in queries.people(series, models.INTERESTED)}
        ticket = _published(made)["tickets"][made.ticket or 0]
        pairs = [
            (by_code[code], by_key[key])
            for code, key in ticket
            if code in by_code and key in by_key
        ]
        count = placing.offer(ctx, series, pairs, "draw")
        Draw.update(state=models.SHOWN).where(Draw.id == made.id).execute()
        _publish(ctx, series)
        others = objects.registry().hooks.each("roundtables_next", ctx, series=series.id)
        following = ", ".join(f"“{topic}”" for topic in islice(others, MOST_NAMED))
        placed = {row.interest_id for row in queries.places(series) if row.state in models.TAKING}
        for row in by_code.values():
            if row.id not in placed:
                row.series = series
                telling.tell(ctx, row, "not_placed", next=following)
    return count


# Reading what was drawn


def _published(made: Draw) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.result)["results"][made.figures["preset"]]
    return found


def result_text(made: Draw) -> str:
    """Return RESULT.json."""
    return json.dumps(_published(made), ensure_ascii=False, indent=1)


def settings_text(made: Draw) -> str:
    """Return SETTINGS.json as it was committed."""
    return allocation.settings_text(made.settings)


def pool_of(made: Draw) -> allocation.Pool | None:
    """Return the pool of a draw; None once it was deleted."""
    text = tokens.unseal(made.pool) if tokens.can_seal() else made.pool
    if not text:
        return None
    return allocation.pool_from(text)


def _result(made: Draw, published: Mapping[str, Any]) -> allocation.Result:
    pool = pool_of(made)
    if pool is None:
        raise Conflict(_("The list of people of this draw was deleted."))
    return allocation.result_from(pool, published)


@lru_cache(maxsize=4)
def _known(number: int, tickets_hash: str) -> tuple[allocation.Result, list[dict[str, float]]]:
    made: Draw = Draw.get_by_id(number)
    return _result(made, _published(made)), json.loads(made.result)["rivals"]


def fingerprint(made: Draw, code: str) -> str:
    """Return the fingerprint of one record, which stands in the published list; empty when deleted."""
    pool = pool_of(made)
    return allocation.leaf(pool.by_id[code]) if pool and code in pool.by_id else ""


def explain(made: Draw, code: str) -> tuple[allocation.Explanation, list[float], list[int]] | None:
    """Return what the tickets say of a person, their chances elsewhere, and the tickets with them.

    None for somebody who came later, and once the pool was deleted.
    """
    if not made.pool:
        return None
    result, others = _known(made.id, made.tickets_hash)
    if code not in result.pool.by_id:
        return None
    held = [
        at for at, ticket in enumerate(result.tickets) if any(who == code for who, _t in ticket)
    ]
    return allocation.explain(result, code), [chances.get(code, 0.0) for chances in others], held
