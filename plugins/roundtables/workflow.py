"""The way of a series: states, steps, who may take them."""

from __future__ import annotations

from typing import Any

from plugins.roundtables import models
from plugins.roundtables.models import RoundTable, Series
from portal.context import Context
from portal.hookspecs import ObjectType, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation

SERIES = "roundtables_series"
EDITORS = {"OrgEditor", "OrgAdmin"}


def _known(_ctx: Context, obj: Series) -> list[str]:
    """People want to know who invites them."""
    host: Organisation = obj.organisation
    if host.state == UNCLAIMED or host.hidden_at or not organisations.in_sight([host]):
        return [_("Publish your organisation's profile first: people want to know who invites.")]
    return []


def _ready(ctx: Context, obj: Series) -> list[str]:
    table = RoundTable
    first = table.select().where(table.series == obj.id, table.cancelled_at.is_null())
    first = first.order_by(table.starts_at).first()
    if first is None:
        return [_("Add a round table first.")]
    if obj.closes_at <= ctx.clock.now():
        return [_("The deadline is over already. Choose a later one.")]
    if first.starts_at <= obj.freezes_at:
        return [_("A round table begins before registration ends. Choose an earlier deadline.")]
    return []


_ALL = {"view": {"Anonymous"}}
_OWN = {"view": {"OrgMember"}}
_WRITE = {"edit": EDITORS}
_RUN = {"run": EDITORS}
_SAID: dict[str, Any] = {"comment_required": True}
_UNDER_WAY = {models.PUBLISHED, models.CLOSED, models.PLACED}

FLOW = Workflow(
    SERIES,
    lazy("Series of round tables"),
    models.DRAFT,
    (
        State(models.DRAFT, lazy("draft"), _OWN | _WRITE | _RUN, tag="warn"),
        State(models.PUBLISHED, lazy("published"), _ALL | _WRITE | _RUN, tag="ok"),
        State(models.CLOSED, lazy("registration closed"), _ALL | _WRITE | _RUN, tag="act"),
        State(models.PLACED, lazy("places allocated"), _ALL | _WRITE | _RUN, tag="act"),
        State(models.HELD, lazy("held"), _ALL | _WRITE | _RUN, final=True),
        State(models.CANCELLED, lazy("cancelled"), _ALL | _RUN, final=True, tag="bad"),
        State(models.DISCARDED, lazy("discarded"), _OWN | _RUN, final=True),
    ),
    (
        Transition(
            "publish", lazy("Publish"), {models.DRAFT}, models.PUBLISHED, "run",
            guards=("known", "ready"),
        ),
        Transition(
            "close", lazy("Close registration now"), {models.PUBLISHED}, models.CLOSED, "run"
        ),
        Transition(
            "freeze", lazy("Close registration by date"), {models.PUBLISHED}, models.CLOSED, "",
            automatic=True, due_field="freezes_at",
        ),
        Transition("place", lazy("Publish the allocation"), {models.CLOSED}, models.PLACED, ""),
        Transition("hold", lazy("Say that it was held"), {models.PLACED}, models.HELD, "run"),
        Transition(
            "cancel", lazy("Cancel the series"), _UNDER_WAY, models.CANCELLED, "run", **_SAID
        ),
        Transition("discard", lazy("Discard"), {models.DRAFT}, models.DISCARDED, "run"),
        Transition("restore", lazy("Restore as a draft"), {models.DISCARDED}, models.DRAFT, "run"),
    ),
    {"known": _known, "ready": _ready},
)  # fmt: skip

TYPES = (
    ObjectType(
        SERIES, lazy("Series of round tables"), Series, label=lambda row: str(row.title),
        url=lambda row: f"/round-tables/{row.slug}", workflow=SERIES,
        owner_organisation="organisation", author="account",
        permissions={"inside": {"OrgMember"}, "history": {"OrgMember"}},
    ),
)  # fmt: skip
