"""Workflows as pictures: every state and step is in it, words do not lie on each other."""

from __future__ import annotations

from itertools import combinations

from plugins.setup import graphs
from portal.hookspecs import State, Transition, Workflow


def step(name: str, sources: str, target: str) -> Transition:
    return Transition(name, name, set(sources.split()), target, "edit")


FLOW = Workflow(
    "profile",
    "Profile",
    "draft",
    [State(n, n, {}, final=n == "archived") for n in "draft archived pending published".split()],
    [
        step("submit", "draft", "pending"),
        step("withdraw", "pending", "draft"),
        step("send back", "pending", "draft"),
        step("publish", "pending", "published"),
        step("retract", "published", "draft"),
        step("touch", "published", "published"),
        step("change during the review", "pending", "pending"),
        step("archive", "draft published", "archived"),
    ],
)


def test_every_state_stands_once_in_the_order_in_which_it_is_reached() -> None:
    drawn = graphs.draw(FLOW)

    assert [box.title for box in drawn.boxes] == ["draft", "pending", "published", "archived"]
    assert [box.kind for box in drawn.boxes] == ["first", "", "", "final"]


def test_every_step_has_a_line_and_those_with_the_same_ends_share_one() -> None:
    titles = sorted(line.title for line in graphs.draw(FLOW).lines)

    assert "withdraw / send back" in titles
    assert titles.count("archive") == 2
    assert len(titles) == 8


def test_words_do_not_lie_on_each_other() -> None:
    lines = graphs.draw(FLOW).lines

    for one, other in combinations(lines, 2):
        near = abs(one.x - other.x) < 4 * (len(one.title) + len(other.title))
        assert not (near and abs(one.y - other.y) < 12), (one, other)


def test_everything_lies_inside_the_picture() -> None:
    drawn = graphs.draw(FLOW)

    for line in drawn.lines:
        assert 0 < line.x < drawn.width
        assert 8 < line.y < drawn.height


def test_five_states_fit_a_wide_page_and_wider_pictures_say_how_to_see_the_rest() -> None:
    def size(states: int) -> str:
        names = [f"state {number}" for number in range(states)]
        flow = Workflow("case", "Case", names[0], [State(n, n, {}) for n in names], [])
        return graphs.draw(flow).size

    assert [size(number) for number in (4, 5, 6)] == ["", "wide", "huge"]
