"""A released rating is there in the next search of every process; a rating costs little more than its rows."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bench import writing
from plugins.partners import interface as partners
from plugins.ratings import giving, releasing
from portal import db
from tests.plugins.ratings.world import World

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


def seen_by_others(world: World) -> list[Any]:
    """Release three ratings; return what the next search of two other processes says."""
    config = world.app.config["PORTAL"]
    with ExitStack() as stack:
        others = [
            stack.enter_context(writing.Worker(str(config.instance), config.database))
            for _at in range(2)
        ]
        endings = [world.ask(sending=f"School {at}") for at in range(3)]
        assert [other.quality("Bakery") for other in others] == [None, None]
        for ending in endings:
            world.rate(ending, "sending", 5)
        assert [other.quality("Bakery") for other in others] == [None, None]
        world.clock.moment += timedelta(days=40)
        releasing.release(world.ctx)
        return [other.quality("Bakery") for other in others]


def test_other_processes_find_the_score_in_their_next_search(any_world: World) -> None:
    assert [quality["raters"] for quality in seen_by_others(any_world)] == [3, 3]


def test_they_would_not_if_the_search_were_not_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partners, "refresh", lambda _ctx, _changed: None)
    assert seen_by_others(world) == [None, None]


def test_a_rating_that_asks_the_database_too_much_would_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in (("WRITES", 12), ("HOSTS", 1), ("WORKERS", 1)):
        monkeypatch.setattr(writing, name, few)
    genuine = giving.rate

    def wasteful(*values: Any) -> None:
        for _again in range(3):
            db.query(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
                "SELECT COUNT(*) FROM n"
            )
        genuine(*values)

    monkeypatch.setattr(giving, "rate", wasteful)
    ratio, shown = writing.measured(tmp_path / "site", "")
    assert ratio > 2
    assert shown == 1
