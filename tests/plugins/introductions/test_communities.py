"""The whole network: groups that work together, who connects them, and what is folded."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest
from flask import Flask

from plugins.introductions import communities, ties
from plugins.projects.models import Participation, Project
from portal import db
from portal.context import Context
from tests.factories import make_organisation
from tests.visiting import Visitor

networkx = pytest.importorskip("networkx")


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with projects in it."""
    return make_portal(plugins=["introductions", "projects"])


def work(key: str, *ids: int) -> None:
    made = Project.create(key=key, acronym=key)
    for number in ids:
        Participation.create(project=made, organisation=number, role="partner")


def test_two_circles_and_who_connects_them_are_found(app: Flask, ctx: Context) -> None:
    with app.app_context():
        one = [int(make_organisation(f"One {at}", "LV").id) for at in range(4)]
        two = [int(make_organisation(f"Two {at}", "ES").id) for at in range(4)]
        between = int(make_organisation("Between", "DE").id)
        alone = make_organisation("Alone")
        demo = [int(make_organisation(f"Demo {at}", is_fictional=True).id) for at in range(2)]
        for at, (a, b) in enumerate(
            [*itertools.combinations(one, 2), *itertools.combinations(two, 2)]
        ):
            work(f"P{at}", a, b)
        work("B1", between, one[0])
        work("B2", between, two[0])
        work("A", int(alone.id))
        work("D", *demo)
    look = Visitor(app.test_client())
    page = look("/introductions").text
    assert "2 groups of organisations" in page and "One 3" in page and "Demo 0" not in page
    assert "Without it others here lose each other." in page and "Alone" not in page
    assert page.index(">Between<") < page.index("All organisations in the picture")
    made_up = look("/introductions?demo=yes").text
    assert "Demo 0" in made_up and "One 3" not in made_up
    with app.test_request_context():
        net = communities.whole(ctx, False, 0)
        assert communities.whole(ctx, False, 0) is net, "it is kept for a while"
    assert [group.size for group in net.groups] == [5, 4]
    assert (net.total, net.folded) == (9, 0), "made-up ones and those alone are not counted"
    assert {spot.organisation.name for spot in net.spots if spot.cuts} == {
        "Between",
        "One 0",
        "Two 0",
    }


def test_an_empty_portal_says_what_to_do(app: Flask) -> None:
    assert "Nobody is known yet" in Visitor(app.test_client())("/introductions").text


def test_cuts_and_ties_are_those_of_networkx() -> None:
    chance = random.Random(3)
    groups = [set(chance.sample(range(60), chance.randint(2, 5))) for _group in range(40)]
    amounts = communities.ties_among(groups, range(60))
    expected = networkx.Graph()
    for group in groups:
        expected.add_edges_from(itertools.combinations(group, 2))
    assert {frozenset(pair) for pair in amounts} == {frozenset(pair) for pair in expected.edges}
    assert sum(amounts.values()) == sum(len(group) * (len(group) - 1) // 2 for group in groups)
    found = communities.partition(expected)
    assert sorted(itertools.chain.from_iterable(found)) == sorted(expected.nodes)
    assert found == communities.partition(expected), "the same each time"


def test_no_more_than_two_hundred_are_drawn_and_no_two_tiles_overlap(app: Flask) -> None:
    with app.app_context():
        ids = [int(make_organisation(f"N{at}").id) for at in range(215)]
        chance = random.Random(1)
        groups = [set(chance.sample(ids, 4)) for _group in range(400)]
        net = communities._made(groups, False)
    assert len(net.spots) <= communities.MOST_NODES and net.folded == net.total - len(net.spots)
    spots = net.drawn
    for one, other in itertools.combinations(spots, 2):
        apart = max(abs(one.x - other.x), abs(one.y - other.y))
        assert apart >= 5, (one.organisation.name, other.organisation.name)
    assert all(0 < spot.x < net.size and 0 < spot.y < net.size for spot in spots)


def test_pages_take_as_many_statements_for_many_partners_as_for_few(app: Flask) -> None:
    asked: list[int] = []
    app.test_client().get("/introductions")
    for size in (3, 40):
        with app.app_context():
            hub = make_organisation(f"Hub {size}", "DE")
            for at in range(size):
                work(f"{size}.{at}", int(hub.id), int(make_organisation(country="LV").id))
        ties.forget()
        communities._kept.clear()
        for page in (f"/introductions/{hub.slug}", "/introductions"):
            with app.test_client() as client, db.count_statements() as seen:
                assert f"Hub {size}" in client.get(page).text
            asked.append(len(seen))
    assert asked[:2] == asked[2:] and max(asked) <= 20, asked
