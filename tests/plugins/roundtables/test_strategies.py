"""Other ways to make the tickets of a draw, which plugins offer: measured, held against the rules, drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from plugins.allocation.interface import pictures
from plugins.roundtables import drawing
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Invalid
from tests.plugins.roundtables.conftest import PLUGINS, again
from tests.plugins.roundtables.test_allocation import beacon, crowd, tried, wait_for
from tests.throwaway import write_plugin

ANSWER = """
from plugins.allocation.interface import rules
from portal.hookspecs import hookimpl

def plain(pool, settings, seed):
    return rules.allocate(pool, settings, seed, plain=True).tickets

def nobody(pool, settings, seed):
    return [[] for _at in range(1_000)]

def broken(pool, settings, seed):
    raise KeyError(seed)

@hookimpl(optionalhook=True)
def roundtables_strategies(ctx):
    ways = {"Lots": plain, "Nobody": nobody, "Broken": broken}
    return [{"name": f"more.{t.lower()}", "title": t, "tickets": ways[t]} for t in ways]
"""


@pytest.fixture
def site(make_portal: Callable[..., Flask], tmp_path: Path) -> Flask:
    """A portal with a plugin that knows other ways."""
    guests = tmp_path / "guests"
    guests.mkdir()
    write_plugin(guests, "more", ANSWER, 'requires = ["allocation"]')
    return make_portal(plugins=[*PLUGINS, "more"], folders=[guests])


def test_another_way_stands_beside_the_answers_and_one_that_breaks_a_rule_does_not(
    site: Flask, ctx: Context, clock: FixedClock
) -> None:
    with site.app_context():
        series, host = crowd(site, ctx, clock, 6)
        made = tried(host, series)

        shown = pictures.figures(made.figures)
        assert "Lots" in [point["title"] for point in shown["points"]] and len(shown["points"]) == 4
        assert [text.split("”")[0] for text, _why in shown["problems"]] == ["“Nobody", "“Broken"]
        with pytest.raises(Invalid):
            drawing.commit(host, series, made.public_id, "more.nobody", "beacon", "")
        drawing.commit(host, series, made.public_id, "more.lots", "beacon", "")
        wait_for(host, again(made))
        drawing.draw(host, series, beacon(again(made)))
        assert drawing.show(host, again(series)) == 2
