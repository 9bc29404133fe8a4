"""The page of health, as members see it; nobody else does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from plugins.consortia import planning
from plugins.consortia.models import Consortium, Membership
from portal import db, workflow
from portal.context import Context
from tests.factories import sign_in
from tests.plugins.consortia.conftest import Side, found, join, part
from tests.plugins.partners.conftest import store_partner
from tests.visiting import Visitor


@pytest.fixture
def app(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with consortia and what says how they are, once on each engine."""
    return make_portal(any_url, plugins=["consortium_health", "composer"])


def grown(app: Flask, ctx: Context, size: int) -> tuple[Consortium, list[Side]]:
    """Return an active consortium: its lead in Germany sends to members in Latvia and Spain."""
    sides = [
        Side(app, ctx, f"School {at:02}", ("DE", "LV", "ES", "ES")[min(at, 3)])
        for at in range(size)
    ]
    lead, host, *others = sides
    row = found(lead)
    join(row, *sides)
    of = Membership.organisation
    Membership.update(parts=["host"]).where(of != lead.id).execute()
    for side in (host, *others):
        planning.set_places(lead.ctx, row, lead.id, side.id, {"planned": 4})
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    return Consortium.get_by_id(row.id), sides


def test_members_see_what_hangs_on_whom_and_nobody_else_does(app: Flask, ctx: Context) -> None:
    with app.test_request_context():
        row, sides = grown(app, ctx, 4)
        school = sides[1].organisation
        store_partner(app, "Other", "LV", admin=sides[1].account)
        stranger = Side(app, ctx, "Stranger")
        workflow.move(sides[3].ctx, part(row, sides[3]), "leave")
    page = f"/consortia/{row.slug}/health"
    for side in sides[:2]:
        look = Visitor(sign_in(app.test_client(), side.account))
        text = look(page).text
        assert "1 member does what no other does" in text
        assert "School 00 (only one that sends)" in text
        assert "1 member holds others together" in text and "Plan places between others" in text
        assert "1 field is in no profile of a member" in text
        assert "only host: Latvia" in text and str(school.name) in text
        assert f'href="{page}"' in look(f"/consortia/{row.slug}").text
    for side in (sides[3], stranger):
        Visitor(sign_in(app.test_client(), side.account))(page, 404)
    assert app.test_client().get(page).status_code in {302, 303}


def test_the_page_takes_as_many_statements_for_many_members_as_for_few(
    app: Flask, ctx: Context
) -> None:
    asked = []
    for size in (3, 12):
        with app.test_request_context():
            row, sides = grown(app, ctx, size)
        look = Visitor(sign_in(app.test_client(), sides[0].account))
        look(f"/consortia/{row.slug}/health")
        with db.count_statements() as seen:
            look(f"/consortia/{row.slug}/health")
        asked.append(len(seen))
    assert asked[0] == asked[1] <= 40
