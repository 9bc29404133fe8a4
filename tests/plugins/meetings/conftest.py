"""A consortium that meets and decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask

from plugins.consortia import interface
from plugins.consortia.interface import Seen
from plugins.meetings import deciding, service
from plugins.meetings.models import Decision, Meeting
from portal import workflow
from portal.context import Context
from tests.plugins.consortia.conftest import Side, found, join, part

MEETING: dict[str, Any] = {
    "title": "Kick-off",
    "day": date(2026, 12, 1),
    "time": "10:00",
    "zone": "Europe/Riga",
    "length": 90,
    "place": "",
    "joining": "https://meet.example/canary-room",
    "series": "",
    "agenda": "Welcome, 10\nBudget of year two, 60",
}
DECISION: dict[str, Any] = {
    "title": "We take the school in",
    "text": "It hosts welders.",
    "way": "vote",
    "day": date(2026, 11, 27),
    "time": "18:00",
    "zone": "Europe/Riga",
    "quorum": 50,
    "majority": "simple",
    "tie": "rejected",
    "is_secret": False,
}


@dataclass
class Circle:
    """A lead, two members, one that left, the lead of another consortium, a stranger."""

    lead: Side
    member: Side
    third: Side
    former: Side
    other: Side
    stranger: Side
    slug: str

    def seen(self, side: Side | None = None) -> Seen:
        """Return the consortium as a side sees it."""
        return interface.find((side or self.lead).ctx, self.slug)

    def plan(self, **more: Any) -> Meeting:
        """Let the lead plan a meeting of all."""
        sides = (self.lead, self.member, self.third)
        guests = {"guests": [side.organisation.slug for side in sides]}
        chosen = {"scribe": self.member.organisation.slug}
        return service.plan(self.lead.ctx, self.seen(), {**MEETING, **guests, **chosen, **more})

    def values(self, **more: Any) -> dict[str, Any]:
        """Return what a form says of a meeting of all."""
        guests = [side.organisation.slug for side in (self.lead, self.member, self.third)]
        return {**MEETING, "guests": guests, "scribe": self.member.organisation.slug, **more}

    def put(self, **more: Any) -> Decision:
        """Let the lead put something to the members."""
        return deciding.put(self.lead.ctx, self.seen(), {**DECISION, **more})

    def speak(self, side: Side, row: Decision, choice: str, reason: str = "") -> None:
        """Let somebody speak for their organisation."""
        slug = side.organisation.slug
        deciding.speak(side.ctx, self.seen(side), row, slug, choice, reason)


def make_circle(app: Flask, ctx: Context) -> Circle:
    """Found two consortia in the open portal."""
    names = ("Lead", "Member", "Third", "Former", "Other", "Stranger")
    lead, member, third, former, other, stranger = (Side(app, ctx, name) for name in names)
    row = found(lead)
    join(row, lead, member, third, former)
    workflow.move(former.ctx, part(row, former), "leave")
    found(other)
    return Circle(lead, member, third, former, other, stranger, row.slug)


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=["meetings", "tasks", "drafts", "versions"])


@pytest.fixture
def any_circle(make_portal: Callable[..., Flask], any_url: str, ctx: Context) -> Circle:
    """The consortium on each engine, with its portal's context open."""
    app = make_portal(any_url, plugins=["meetings"])
    with app.test_request_context():
        yield make_circle(app, ctx)


@pytest.fixture
def circle(app: Flask, ctx: Context) -> Circle:
    """The consortium on SQLite, with its portal's context open."""
    with app.app_context():
        yield make_circle(app, ctx)


@pytest.fixture
def known(app: Flask, ctx: Context) -> Circle:
    """The consortium on SQLite, for browsers: no context is open."""
    with app.app_context():
        return make_circle(app, ctx)
