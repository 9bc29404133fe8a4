"""The demonstration set: the trust sheet of two made-up organisations with an agreement."""

from __future__ import annotations

from plugins.agreements.interface import partners_of
from plugins.reliance import sheets
from plugins.reliance.models import Ground
from portal import db
from portal.context import Context
from portal.organisations.models import Organisation


def load(ctx: Context) -> None:
    """Let one partner say why the first made-up organisation may rely on it, and plan a visit."""
    made_up = Organisation.select().where(Organisation.is_fictional)
    own: Organisation | None = made_up.order_by(Organisation.id).first()
    partners = partners_of([own.id]) if own else []
    if own is None or not partners or Ground.select().exists():
        return
    partner, today = partners[0][1], ctx.clock.now().date()
    said = (
        ("learning", "We publish the units of all our programmes.", "Unit descriptions, 12 pages"),
        ("mentoring", "Each participant has a mentor in the workshop.", ""),
    )
    with db.transaction():
        for reliance, text, proof in said:
            sheets.say(ctx, partner, own, reliance, text, proof, today)
        sheets.plan(ctx, own, partner, "Preparatory visit to see an assessment", own, None)
