"""A consortium of three that plans its work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from plugins.consortia import interface as consortia
from plugins.consortia.interface import Seen
from plugins.consortia.models import Consortium
from plugins.work import items, service
from plugins.work.models import Item, Package
from portal import workflow
from portal.context import Context
from tests.plugins.consortia.conftest import Side, found, join

PLUGINS = ["work", "projects", "tasks", "drafts"]


class World:
    """A lead, a partner, a helper and a stranger; the plan is on."""

    def __init__(self, app: Flask, ctx: Context) -> None:
        self.app, self.ctx = app, ctx
        self.lead, self.partner, self.helper, self.stranger = (
            Side(app, ctx, name, country)
            for name, country in (
                ("Lead School", "DE"), ("Partner Works", "LV"), ("Helping Hands", "ES"),
                ("Stranger", "IT"),
            )
        )  # fmt: skip
        self.row = found(self.lead)
        join(self.row, self.lead, self.partner, self.helper)
        workflow.move(self.lead.ctx, Consortium.get_by_id(self.row.id), "activate")
        service.switch(self.lead.ctx, self.seen(), True)

    def seen(self, side: Side | None = None) -> Seen:
        """Return the consortium as a side sees it."""
        return consortia.find((side or self.lead).ctx, self.row.slug)

    def package(self, title: str = "Units", lead: Side | None = None, **more: Any) -> Package:
        """Add a work package."""
        public_id = (lead or self.lead).organisation.public_id
        values = {"title": title, "aim": "", "lead": public_id, "starts_on": None, "ends_on": None}
        return service.add_package(self.lead.ctx, self.seen(), {**values, **more})

    def item(
        self,
        package: Package,
        title: str,
        due: date,
        starts_on: date | None = None,
        owner: Side | None = None,
        needs: tuple[Item, ...] = (),
        **more: Any,
    ) -> Item:
        """Add a piece of work."""
        values = {
            "kind": "task",
            "title": title,
            "text": "",
            "owner": (owner or self.lead).organisation.public_id,
            "starts_on": starts_on,
            "ends_on": due,
            "needs": [one.public_id for one in needs],
        }
        return items.add(self.lead.ctx, self.seen(), package, {**values, **more})


@pytest.fixture
def world(make_portal: Callable[..., Flask], ctx: Context) -> World:
    """The world on SQLite, its app context open."""
    app = make_portal(plugins=PLUGINS)
    with app.app_context():
        yield World(app, ctx)


@pytest.fixture
def everywhere(make_portal: Callable[..., Flask], any_url: str, ctx: Context) -> World:
    """The world, once on each engine."""
    app = make_portal(any_url, plugins=PLUGINS)
    with app.app_context():
        yield World(app, ctx)
