"""Demonstration: a table that was held, with all that came after it; made up from end to end."""

from __future__ import annotations

from datetime import timedelta

from plugins.attendance import grouping, outcomes, owning, surveys
from plugins.attendance.models import EMPLOYER, SHOWN, WAITING, Comment, Outcome
from plugins.roundtables import interface as roundtables
from portal import db
from portal.context import SYSTEM, Context
from portal.i18n import _

ANSWERS = ("5", "4", "4", "5", "3", "5", "4", "2")


def load(ctx: Context) -> None:
    """Fill the made-up series whose tables are over, unless something was written already."""
    roundtables.load_demo(ctx)  # hooks are asked by name, and theirs comes later
    if Outcome.select().exists():
        return
    over = [
        (series, table)
        for series in roundtables.held()
        for table in series.tables
        if series.host.is_fictional and table.ends_at < ctx.clock.now()
    ]
    if not over:
        return
    system = ctx.as_actor(SYSTEM)
    series, table = over[0]
    with db.transaction():
        grouping.make(system, series, table, 3, 2)
        outcomes.write(system, series, table, _values(ctx), 0)
        outcomes.publish(system, series, table, True)
        came = [one for one in roundtables.seats(series, table.id) if one.state == "attended"]
        for seat in came[:3]:
            outcomes.agree(ctx, series, table, seat, EMPLOYER)
        earlier = ctx.clock.now() - timedelta(days=1)
        for seat, (state, text) in zip(came, _comments().items(), strict=False):
            outcomes.comment(ctx, series, table, seat, text, False)
            Comment.update(state=state, written_at=earlier).where(
                Comment.interest_id == seat.interest_id
            ).execute()
        if surveys.is_open(ctx, table):
            for at, seat in enumerate(came):
                said = {name: ANSWERS[(at + i) % 8] for i, name in enumerate(surveys.QUESTIONS)}
                surveys.answer(ctx, table, seat, said)


def _comments() -> dict[str, str]:
    return {
        SHOWN: _("Demonstration: we also talked about who pays for the interpreter."),
        WAITING: _("Demonstration: the list of what to pack should be in easy language."),
    }


def _values(ctx: Context) -> dict[str, object]:
    today = ctx.clock.now().date()
    return {
        "notes": _(
            "Demonstration: the table talked about first stays abroad, and what held people back."
        ),
        "agreed": _("One contact person at each host.\nA short list of what to pack."),
        "open": _("Who pays for an assistant who comes along?"),
        "actions": [
            {
                "what": _("Write the list of what to pack"),
                "who": _("the host of the round table"),
                "due": (today + timedelta(days=30)).isoformat(),
                "owner": owning.HOST,
            }
        ],
        "comments_until": today + timedelta(days=14),
    }
