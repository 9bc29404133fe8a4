"""The curve of a draw: what other losses of breadth would give, computed beside the first answers.

Points that the try found are not computed again; the others are single runs, so that each is what
the host would get with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from plugins.allocation import interface as allocation
from plugins.allocation.interface import pictures
from plugins.roundtable_rules.models import DONE, STOPPED, WORKING, Curve
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Series, Try
from portal import audit, db, jobs, permissions
from portal.context import SYSTEM, Context
from portal.errors import Conflict
from portal.hookspecs import Progress
from portal.i18n import _
from portal.jobs import Job

KIND = "roundtable_rules.curve"
NAME = "roundtables_series"
LOOKED_EVERY = 0.5
"""Seconds between two looks whether somebody stopped the work."""


def of(found: Try | None) -> Curve | None:
    """Return the curve of a try, as far as it is computed; None when nobody asked for it."""
    row: Curve | None = Curve.get_or_none(Curve.try_id == found.public_id) if found else None
    return row


def missing(found: Try, row: Curve | None) -> list[int]:
    """Return the losses, in per cent, that the curve of a try still lacks."""
    known = {*_known(found), *(int(loss) for loss in (row.points if row else {}))}
    return [loss for loss in allocation.curve_losses(found.figures["people"]) if loss not in known]


def _known(found: Try) -> dict[int, Mapping[str, Any]]:
    losses: Mapping[str, int] = found.figures["losses"]
    own = {*allocation.PRESETS, allocation.OWN}
    return {losses[name]: point for name, point in found.figures["points"].items() if name in own}


def points(found: Try | None) -> list[dict[str, Any]]:
    """Return the points of a curve beside those of its try, as `pictures.figures` shows them."""
    row = of(found)
    if row is None:
        return []
    told = {f"more{loss}": point for loss, point in row.points.items()}
    shown = pictures.figures(
        {
            "points": told,
            "losses": {f"more{loss}": int(loss) for loss in row.points},
            "titles": {f"more{loss}": _("%(num)s %%", num=loss) for loss in row.points},
        }
    )
    more: list[dict[str, Any]] = shown["points"]
    return more


def start(ctx: Context, series: Series) -> None:
    """Queue the work; while it is under way, that is it. Raises Conflict before there is a try."""
    permissions.check(ctx, "run", series.row)
    found = roundtables.newest_try(series)
    if found is None:
        raise Conflict(_("Try the allocation out first. Then its curve can be computed."))
    with db.transaction():
        row = of(found)
        if row is not None and row.state == WORKING and not is_stuck(row):
            return
        if row is None:
            Curve.delete().where(Curve.series_id == series.id).execute()
            row = Curve.create(series_id=series.id, try_id=found.public_id)
        job = jobs.enqueue(ctx, KIND, {"curve": row.id})
        Curve.update(state=WORKING, job_id=job).where(Curve.id == row.id).execute()
        audit.record(ctx, "curve.started", NAME, series.id)


def follow(ctx: Context, number: int) -> None:
    """Go on with the curve of a try that is done just now, unless the pool is large."""
    series = roundtables.by_id(number)
    found = roundtables.newest_try(series) if series else None
    is_small = found is not None and found.figures["people"] <= allocation.LARGE
    if series is not None and found is not None and is_small and missing(found, of(found)):
        start(ctx.as_actor(SYSTEM), series)


def stop(ctx: Context, series: Series) -> None:
    """Stop the work; points that are found stay."""
    permissions.check(ctx, "run", series.row)
    with db.transaction():
        here = (Curve.series_id == series.id, Curve.state == WORKING)
        Curve.update(state=STOPPED).where(*here).execute()


def job_of(row: Curve | None) -> Job | None:
    """Return the job that computes a curve now."""
    at_work = row is not None and row.state == WORKING
    found: Job | None = Job.get_or_none(Job.id == row.job_id) if row and at_work else None
    return found


def is_stuck(row: Curve) -> bool:
    """Whether the job of a curve ended before its end."""
    job = job_of(row)
    return row.state == WORKING and (job is None or job.state in ("failed", "cancelled", "done"))


def run(ctx: Context, payload: Mapping[str, Any], progress: Progress) -> None:
    """Compute the points that are missing; each is kept as soon as it is there."""
    row: Curve | None = Curve.get_or_none(Curve.id == payload["curve"], Curve.state == WORKING)
    series = roundtables.by_id(row.series_id) if row else None
    found = roundtables.newest_try(series) if series else None
    pool = found.pool() if found else None
    if row is None or found is None or pool is None or found.public_id != row.try_id:
        return
    known = {**_known(found), **{int(loss): point for loss, point in row.points.items()}}
    hear, is_stopped = _watch(row, progress)
    try:
        for loss, point in allocation.curve(pool, found.settings, known, hear, is_stopped):
            row.points = {**row.points, str(loss): point}
            with db.transaction():
                Curve.update(points=row.points).where(Curve.id == row.id).execute()
    except allocation.Stopped:
        return
    with db.transaction():
        Curve.update(state=DONE).where(Curve.id == row.id, Curve.state == WORKING).execute()


def _watch(row: Curve, progress: Progress) -> tuple[Callable[[float], None], Callable[[], bool]]:
    """Return what hears how far the work is, and what says whether somebody stopped it."""
    looked = [0.0, 0.0]

    def hear(share: float) -> None:
        if time.monotonic() - looked[0] >= LOOKED_EVERY:
            progress.report(share)
            state = db.query("SELECT state FROM roundtable_rules_curve WHERE id = ?", (row.id,))
            looked[:] = time.monotonic(), float(not state or state[0][0] != WORKING)

    return hear, lambda: bool(looked[1])
