"""A consortium's lead keeps a list of steps; stays between members begin with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from peewee import PeeweeException

from plugins.checklists import rules
from plugins.checklists import service as own_lists
from plugins.checklists.interface import NOTHING
from plugins.consortia.interface import Seen, of_ids
from plugins.consortia.models import Consortium
from plugins.consortium_steps import service
from plugins.consortium_steps.models import SharedList
from plugins.mobilities import tasklist
from plugins.mobilities.models import Mobility
from portal import db, workflow
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import clocked, make_account
from tests.plugins.consortia.conftest import Side, found, join
from tests.plugins.mobilities.conftest import TODAY, Browser, Pair, acting, make_pair

STEP = {"key": "X1", "title": "Tell the lead", "phase": "before", "lead": "sending",
        "anchor": "start", "days": -40}  # fmt: skip
CHANGES = {**NOTHING, "hidden": ["P5"], "own": [STEP]}
OF_SCHOOL = {**NOTHING, "own": [STEP | {"title": "Parents' evening"}]}


@dataclass
class World:
    """A school that leads a consortium under way to which a host belongs, and what they do."""

    app: Flask
    pair: Pair
    school: Side
    host: Side
    seen: Seen

    def titles(self, mobility: Mobility) -> set[str]:
        return {str(item.step.title) for item in tasklist.items(mobility.id)}

    @property
    def page(self) -> str:
        return f"/consortia/{self.seen.slug}/steps"


def side(app: Flask, account: Any, organisation: Any) -> Side:
    made = Side.__new__(Side)
    made.account, made.organisation = account, organisation
    made.ctx = acting(clocked(app), account)
    return made


def make_world(app: Flask) -> World:
    pair = make_pair(app)
    school = side(app, pair.sender, pair.school)
    host = side(app, pair.receiver, pair.host)
    days = {"starts_on": TODAY - timedelta(days=30), "ends_on": TODAY + timedelta(days=300)}
    row = found(school, **days)
    join(row, school, host)
    workflow.move(school.ctx, Consortium.get_by_id(row.id), "activate")
    return World(app, pair, school, host, of_ids(school.ctx, [row.id])[row.id])


@pytest.fixture
def world(make_portal: Callable[..., Flask]) -> Any:
    app = make_portal(plugins=["consortium_steps"])
    with app.app_context():
        yield make_world(app)


@pytest.fixture
def anywhere(make_portal: Callable[..., Flask], any_url: str) -> Any:
    app = make_portal(any_url, plugins=["consortium_steps"])
    with app.app_context():
        yield make_world(app)


def test_the_list_of_a_consortium_goes_before_that_of_the_school(anywhere: World) -> None:
    world, pair = anywhere, anywhere.pair
    before = pair.plan()
    own_lists.save(world.school.ctx, pair.school, OF_SCHOOL, 0)
    own = pair.plan()
    service.save(world.school.ctx, world.seen, CHANGES, 0)
    shared = pair.plan()
    service.save(world.school.ctx, world.seen, {**CHANGES, "own": []}, 1)
    later = pair.plan()
    service.save(world.school.ctx, world.seen, NOTHING, 2)
    without = pair.plan()
    assert not {"Tell the lead", "Parents' evening"} & world.titles(before)
    assert "Parents' evening" in world.titles(own) & world.titles(without)
    visit = "Preparatory visit or video meeting"
    assert "Tell the lead" in world.titles(shared) and visit not in world.titles(shared)
    assert not {"Tell the lead", "Parents' evening", visit} & world.titles(later)


def test_it_holds_between_members_in_its_time_alone(world: World) -> None:
    service.save(world.school.ctx, world.seen, CHANGES, 0)
    ctx, both = world.school.ctx, {world.pair.school.id, world.pair.host.id}
    soon = (TODAY + timedelta(days=30)).isoformat()
    assert service.list_for(ctx, both, soon) > service.FROM
    assert service.list_for(ctx, both, (TODAY + timedelta(days=400)).isoformat()) == 0
    assert service.list_for(ctx, {world.pair.school.id, world.pair.support.id}, soon) == 0
    workflow.move(
        world.school.ctx, Consortium.get_by_id(world.seen.id), "suspend", comment="We pause."
    )
    assert service.list_for(ctx, both, soon) == 0


def test_only_the_lead_changes_it_and_what_a_version_says_stays(world: World) -> None:
    save = service.save
    with pytest.raises(NotAllowed):
        save(world.host.ctx, world.seen, CHANGES, 0)
    with pytest.raises(NotFound):
        save(acting(clocked(world.app), make_account(world.app)), world.seen, CHANGES, 0)
    with pytest.raises(Invalid):
        save(world.school.ctx, world.seen, {**CHANGES, "own": [STEP] * 21}, 0)
    save(world.school.ctx, world.seen, CHANGES, 0)
    with pytest.raises(Conflict):
        save(world.school.ctx, world.seen, NOTHING, 0)
    with pytest.raises(PeeweeException), db.transaction():
        SharedList.update(changes={}).execute()


def test_without_this_plugin_its_steps_are_still_steps(world: World) -> None:
    service.save(world.school.ctx, world.seen, CHANGES, 0)
    made = world.pair.plan()
    world.app.extensions.pop("mobilities.steps", None)
    SharedList.delete().execute()
    assert "A step of the organisation's own list" in world.titles(made)


def test_the_page_is_the_lead_s_to_change_and_the_members_to_read(world: World) -> None:
    lead, member = (Browser(world.app, item.account) for item in (world.school, world.host))
    overview = f"/consortia/{world.seen.slug}"
    assert world.page not in member.see(overview).text
    shown = lead.see(world.page).text
    assert "The consortium has no list of its own." in shown and "before the usual list" in shown
    assert "Save the list" not in member.see(world.page).text
    fields = {"shown": "0", "days_new": "40", "when_new": "before", "lead_new": "sending",
              "phase_new": "before", "title_new": "Tell the lead"}  # fmt: skip
    typed = {**_usual(), **fields}
    wrong = lead.post(world.page, **{**typed, "days_B14": "-3"})
    assert wrong.status_code == 422 and "0 to 400" in wrong.text
    assert lead.post(world.page, **typed).status_code == 303
    assert lead.post(world.page, **typed).status_code == 409
    assert member.post(world.page, overview, **typed).status_code == 403
    text = member.see(world.page).text
    assert "Version 1" in text and "Tell the lead" in text and world.page in text
    made = world.pair.plan()
    steps = lead.see(f"/mobilities/{made.public_id}/steps").text
    assert "the list of the consortium Metal without borders, version 1" in steps
    own = lead.see(f"/organisations/{world.pair.school.slug}/steps").text
    assert "Stays with other members of Metal without borders" in own
    assert lead.post(f"{world.page}/usual", world.page).status_code == 303
    assert service.newest() == {}
    for stranger in (Browser(world.app, make_account(world.app)), Browser(world.app)):
        assert stranger.get(world.page).status_code in {302, 303, 404}


def _usual() -> dict[str, str]:
    rows = {}
    for step in rules.usual():
        when, days = rules.when_of({"anchor": step.anchor, "days": step.days})
        for name, value in (("days", days), ("when", when), ("lead", step.lead)):
            rows[f"{name}_{step.key}"] = str(value)
    return rows
