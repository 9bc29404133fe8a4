"""From closed registration to published places: try out, commit, draw, publish; each once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from plugins.roundtables import checking, placing, pooling, queries, rules, telling, tokens
from plugins.roundtables.models import (
    CLOSED,
    COMMITTED,
    DRAWN,
    FAILED,
    INTERESTED,
    SHOWN,
    STOPPED,
    TAKING,
    TRIED,
    WORKING,
    Draw,
    Interest,
    Series,
)
from plugins.roundtables.rules.draw import QUICKNET_SECONDS, QUICKNET_START, canonical, pool_hash
from plugins.roundtables.rules.pool import Person, Pool, settings_from
from portal import audit, db, events, jobs, permissions, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, NotFound
from portal.hookspecs import Progress
from portal.i18n import _
from portal.organisations.service import new_public_id

NAME = "roundtables_series"
TRY = "roundtables.try_out"
BEACON, SEALS = "beacon", "seals"
AHEAD = timedelta(minutes=5)
"""How far ahead the announced round of the public beacon lies."""
QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
LOOKED_EVERY = 0.5
"""Seconds between two looks whether somebody stopped a try."""


def check_closed(ctx: Context, series: Series) -> None:
    """Refuse everything about the allocation before registration is closed, and after it is published."""
    permissions.check(ctx, "run", series)
    if series.state != CLOSED:
        raise Conflict(_("Places are allocated once, after registration has closed."))


def _held(series: Series) -> None:
    if placing.hold(series) != CLOSED:
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
        Interest.series == series.id, Interest.state == INTERESTED
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
        known: Draw | None = Draw.get_or_none(Draw.series == series.id, Draw.state == WORKING)
        if known is not None:
            return known
        made: Draw = Draw.create(
            public_id=new_public_id(),
            series=series.id,
            loss=series.loss,
            account=ctx.actor.account_id,
            created_at=ctx.clock.now(),
        )
        job = jobs.enqueue(ctx, TRY, {"draw": made.id}, key=f"draw {made.id}")
        Draw.update(job_id=job).where(Draw.id == made.id).execute()
        audit.record(ctx, "draw.tried", NAME, series.id, draw=made.id)
    return made


def stop(ctx: Context, series: Series) -> None:
    """Stop the try at work; nothing of it is kept."""
    check_closed(ctx, series)
    with db.transaction():
        Draw.update(state=STOPPED).where(Draw.series == series.id, Draw.state == WORKING).execute()


def run_try(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Compute what each answer to "broader or more equal?" would give; the worker calls it."""
    made: Draw | None = Draw.get_or_none(Draw.id == payload["draw"], Draw.state == WORKING)
    if made is None:
        return
    series: Series = Series.get_by_id(made.series_id)
    try:
        values = _computed(series, _Watch(made, progress))
    except rules.Stopped:
        return
    except Invalid as error:
        values = {"state": FAILED, "figures": {"problems": [[error.message, ""]]}}
    with db.transaction():
        Draw.update(**values).where(Draw.id == made.id, Draw.state == WORKING).execute()


class _Watch:
    """Tells the worker how far a try is, and looks now and then whether somebody stopped it."""

    def __init__(self, made: Draw, progress: Progress) -> None:
        self._number, self._progress = made.id, progress
        self._looked, self._is_stopped = 0.0, False
        self.done, self.part = 0.0, 1.0

    def hear(self, share: float) -> None:
        """Show the share of this part."""
        if time.monotonic() - self._looked >= LOOKED_EVERY:
            self._progress.report(self.done + share * self.part)
            state = db.query("SELECT state FROM roundtables_draw WHERE id = ?", (self._number,))
            self._is_stopped = not state or state[0][0] != WORKING
            self._looked = time.monotonic()

    def is_stopped(self) -> bool:
        """Whether somebody stopped the try."""
        return self._is_stopped


def _computed(series: Series, watch: _Watch) -> dict[str, Any]:
    tables = queries.tables(series)
    rows = queries.people(series, INTERESTED)
    pool = pooling.pool_of(series, rows, tables)
    results, points = {}, {}
    watch.part = 1 / len(checking.PRESETS)
    for at, (name, loss) in enumerate(checking.PRESETS.items()):
        watch.done = at * watch.part
        settings = pooling.settings_of(series, tables, loss)
        heard = {"progress": watch.hear, "cancelled": watch.is_stopped}
        result = rules.allocate(pool, settings, **heard)  # type: ignore[arg-type]
        results[name] = rules.published(result)
        points[name] = asdict(rules.point_of(result)) | {"presence": _presence(result)}
        points[name]["best"] = result.coverage.best
    settings = pooling.settings_of(series, tables, series.loss)
    others = rules.rivals(pool, settings)
    best = max((point["best"] for point in points.values()), default=1) or 1
    figures = {
        "people": len(pool.people),
        "seats": sum(settings.tables.values()),
        "points": points,
        "exact": rules.has_solver(),
        "rivals": [
            {"coverage": one.coverage / best, "lowest": one.lowest, "without": one.without_chance}
            for one in others
        ],
        "problems": [[one.message, one.change] for one in rules.problems(pool, settings)],
        "groups": {key: checking.counted(p.features.get(key, "") for p in pool.people)
                   for key in settings.features},
    }  # fmt: skip
    kept = {"results": results, "rivals": [one.chances for one in others]}
    return {
        "state": TRIED,
        "figures": figures,
        "result": json.dumps(kept, separators=(",", ":")),
        "pool": tokens.seal(pool_text(pool)) if tokens.can_seal() else pool_text(pool),
        "pool_hash": pool_hash(rules.leaves(pool)),
        "settings": settings.data(),
    }


def _presence(result: rules.Result) -> dict[str, dict[str, float]]:
    """Return at how many tables each group sits, on average over the tickets."""
    people = result.pool.by_id
    found: dict[str, dict[str, float]] = {}
    for ticket in result.tickets:
        here = {
            (key, value, table)
            for code, table in ticket
            for key, value in people[code].features.items()
        }
        for key, value, _table in here:
            told = found.setdefault(key, {})
            told[value] = told.get(value, 0) + 1 / len(result.tickets)
    return {
        key: {value: round(mean, 1) for value, mean in told.items()} for key, told in found.items()
    }


def pool_text(pool: Pool) -> str:
    """Return the people of a pool as they are kept with a draw."""
    rows = [
        [one.id, one.order, one.org, dict(one.features), list(one.choices), one.salt]
        for one in pool.people
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


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
    if preset not in checking.PRESETS:
        raise Invalid(_("Choose one of the three answers."), "preset")
    announced = _announced(ctx, source, seals)
    with db.transaction():
        _held(series)
        if queries.draw_of(series) is not None:
            raise Conflict(_("Somebody else committed a draw meanwhile. Look at it."))
        made: Draw | None = Draw.get_or_none(
            Draw.public_id == public_id, Draw.series == series.id, Draw.state == TRIED
        )
        if made is None:
            raise NotFound
        _check_same(series, made)
        kept = json.loads(made.result)
        published = kept["results"][preset]
        result = _result(made, published)
        published["hashes"] = rules.commitment(result, announced)
        kept = {"results": {preset: published}, "rivals": kept["rivals"]}
        loss = checking.PRESETS[preset]
        Draw.update(
            state=COMMITTED,
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
            Interest.series == series.id, Interest.state == INTERESTED
        ).execute()
        audit.record(ctx, "draw.committed", NAME, series.id, draw=made.id, **published["hashes"])


def _announced(ctx: Context, source: str, seals: str) -> str:
    if source == SEALS:
        found = seals.lower().split()
        if len(found) < 3 or any(
            len(one) != 64 or not set(one) <= set("0123456789abcdef") for one in found
        ):
            told = _("Paste three seals, one a line: 64 digits and letters a to f each.")
            raise Invalid(told, "seals")
        return f"{SEALS} {' '.join(found)}"
    return f"{BEACON} {rules.round_after(ctx.clock.now() + AHEAD)}"


def round_of(draw: Draw) -> tuple[int, datetime] | None:
    """Return the announced round of the public beacon and when it comes; None for seals."""
    kind, _blank, rest = draw.source.partition(" ")
    if kind != BEACON:
        return None
    seconds = QUICKNET_START + (int(rest) - 1) * QUICKNET_SECONDS
    return int(rest), datetime.fromtimestamp(seconds, draw.created_at.tzinfo)


def beacon_url(draw: Draw) -> str:
    """Return where the announced round of the public beacon can be read; empty for seals."""
    found = round_of(draw)
    return f"https://api.drand.sh/{QUICKNET}/public/{found[0]}" if found else ""


def _check_same(series: Series, made: Draw) -> None:
    tables = queries.tables(series)
    pool = pooling.pool_of(series, queries.people(series, INTERESTED), tables)
    settings = pooling.settings_of(series, tables, series.loss).data()
    if pool_hash(rules.leaves(pool)) != made.pool_hash or settings != made.settings:
        raise Conflict(
            _("Somebody withdrew, or a table changed, since this was tried out. Try it out again.")
        )


def draw(ctx: Context, series: Series, value: str) -> None:
    """Draw the ticket with the public value: pasted, or made of the revealed secrets.

    Raises Invalid for a value that does not fit what was announced, Conflict when it was drawn.
    """
    check_closed(ctx, series)
    with db.transaction():
        _held(series)
        made = queries.draw_of(series)
        if made is None or made.state != COMMITTED:
            raise Conflict(_("There is no committed draw that waits for its value."))
        try:
            found = _value(made, value)
        except Invalid as error:
            raise Invalid(error.message, "value") from None
        published = json.loads(made.result)
        preset = made.figures["preset"]
        result = _result(made, published["results"][preset])
        ticket = rules.draw(result, found)
        published["results"][preset] |= {"beacon": found, "drawn": ticket}
        Draw.update(
            state=DRAWN,
            value=found,
            ticket=ticket,
            drawn_at=ctx.clock.now(),
            result=json.dumps(published, separators=(",", ":")),
        ).where(Draw.id == made.id, Draw.state == COMMITTED).execute()
        audit.record(ctx, "draw.drawn", NAME, series.id, draw=made.id, ticket=ticket, value=found)


def _value(made: Draw, text: str) -> str:
    kind, _blank, rest = made.source.partition(" ")
    if kind == BEACON:
        return rules.read_beacon(text, int(rest))
    secrets = [line for line in text.splitlines() if line.strip()]
    return rules.revealed(rest.split(), secrets)


def show(ctx: Context, series: Series) -> int:
    """Publish the drawn ticket: offers go out, all others read why not. Raises Conflict.

    Places of people who withdrew since the commitment go on by the rule of replacement.
    """
    check_closed(ctx, series)
    with db.transaction():
        _held(series)
        made = queries.draw_of(series)
        if made is None or made.state != DRAWN:
            raise Conflict(_("Draw a ticket first."))
        by_key = {row.key: row for row in queries.tables(series)}
        by_code = {row.receipt: row for row in queries.people(series, INTERESTED)}
        ticket = _published(made)["tickets"][made.ticket or 0]
        pairs = [
            (by_code[code], by_key[key])
            for code, key in ticket
            if code in by_code and key in by_key
        ]
        count = placing.offer(ctx, series, pairs, "draw")
        Draw.update(state=SHOWN).where(Draw.id == made.id).execute()
        _publish(ctx, series)
        placed = {row.interest_id for row in queries.places(series) if row.state in TAKING}
        for row in by_code.values():
            if row.id not in placed:
                row.series = series
                telling.not_placed(ctx, row)
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
    return canonical(made.settings).decode()


def pool_of(made: Draw) -> Pool | None:
    """Return the pool of a draw; None once it was deleted."""
    text = tokens.unseal(made.pool) if tokens.can_seal() else made.pool
    if not text:
        return None
    rows = json.loads(text)
    return Pool(
        tuple(
            Person(code, order, org, features, tuple(choices), salt)
            for code, order, org, features, choices, salt in rows
        )
    )


def _result(made: Draw, published: Mapping[str, Any]) -> rules.Result:
    pool = pool_of(made)
    if pool is None:
        raise Conflict(_("The list of people of this draw was deleted."))
    none = rules.Measure(0, 0, 0)
    tickets = [[(code, table) for code, table in ticket] for ticket in published["tickets"]]
    settings = settings_from(published["settings"])
    return rules.Result(pool, settings, tickets, none, none, 0, 0.0)


@lru_cache(maxsize=4)
def _known(number: int, tickets_hash: str) -> tuple[rules.Result, list[dict[str, float]]]:
    made: Draw = Draw.get_by_id(number)
    return _result(made, _published(made)), json.loads(made.result)["rivals"]


def fingerprint(made: Draw, code: str) -> str:
    """Return the fingerprint of one record, which stands in the published list; empty when deleted."""
    pool = pool_of(made)
    return rules.leaf(pool.by_id[code]) if pool and code in pool.by_id else ""


def explain(made: Draw, code: str) -> tuple[rules.Explanation, list[float], list[int]] | None:
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
    return rules.explain(result, code), [chances.get(code, 0.0) for chances in others], held
