"""The way of a partner request: draft, published, closed by its people or by date, open again."""

from __future__ import annotations

from typing import Any

from plugins.requests.models import (
    CLOSED,
    DISCARDED,
    DRAFT,
    PUBLISHED,
    SUSPENDED,
    PartnerRequest,
)
from portal.context import REVIEWER, Context
from portal.hookspecs import ObjectType, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation

REQUEST = "requests_request"
EXPIRE = "expire"
EDITORS = {"OrgEditor", "OrgAdmin"}


def _known(_ctx: Context, obj: PartnerRequest) -> list[str]:
    """Whoever reads a request wants to know who asks: a reviewer has seen that profile."""
    owner: Organisation = obj.organisation
    if owner.state == UNCLAIMED or owner.hidden_at or not organisations.in_sight([owner]):
        return [_("Publish your organisation's profile first: people want to know who asks.")]
    return []


def _ahead(ctx: Context, obj: PartnerRequest) -> list[str]:
    if obj.closes_at > ctx.clock.now():
        return []
    return [_("Its last day is over. Choose a later one first.")]


_EVERYBODY = {"view": {"Anonymous"}}
_OWN = {"view": {"OrgMember"}}
_SEEN = {"view": {"OrgMember", REVIEWER}}
_WRITE = {"edit": EDITORS}
_RUN = {"run": EDITORS}
_DECIDE = {"review": {REVIEWER}}
_SAID: dict[str, Any] = {"comment_required": True, "four_eyes": True}

FLOW = Workflow(
    REQUEST,
    lazy("Partner requests"),
    DRAFT,
    (
        State(DRAFT, lazy("draft"), _OWN | _WRITE | _RUN, tag="warn"),
        State(PUBLISHED, lazy("open"), _EVERYBODY | _WRITE | _RUN | _DECIDE, tag="ok"),
        State(CLOSED, lazy("closed"), _EVERYBODY | _RUN, final=True),
        State(SUSPENDED, lazy("suspended"), _SEEN | _WRITE | _DECIDE, tag="bad"),
        State(DISCARDED, lazy("discarded"), _OWN | _RUN, final=True),
    ),
    (
        Transition(
            "publish", lazy("Publish"), {DRAFT}, PUBLISHED, "run", guards=("known", "ahead")
        ),
        Transition("close", lazy("Close"), {PUBLISHED}, CLOSED, "run"),
        Transition(
            EXPIRE,
            lazy("Close by date"),
            {PUBLISHED},
            CLOSED,
            "",
            automatic=True,
            due_field="closes_at",
        ),
        Transition(
            "reopen", lazy("Open again"), {CLOSED}, PUBLISHED, "run", guards=("known", "ahead")
        ),
        Transition("suspend", lazy("Suspend"), {PUBLISHED}, SUSPENDED, "review", **_SAID),
        Transition(
            "reinstate", lazy("Show again"), {SUSPENDED}, PUBLISHED, "review", four_eyes=True
        ),
        Transition("discard", lazy("Discard"), {DRAFT}, DISCARDED, "run"),
        Transition("restore", lazy("Restore as a draft"), {DISCARDED}, DRAFT, "run"),
    ),
    {"known": _known, "ahead": _ahead},
)

TYPES = (
    ObjectType(
        REQUEST,
        lazy("Partner request"),
        PartnerRequest,
        label=lambda row: str(row.title),
        url=lambda row: f"/requests/{row.slug}",
        workflow=REQUEST,
        owner_organisation="organisation",
        permissions={"inside": {"OrgMember"}, "history": {"OrgMember", REVIEWER}},
    ),
)
