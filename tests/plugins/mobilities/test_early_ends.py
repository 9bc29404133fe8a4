"""A stay may end early for some of those who went together; the others go on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from plugins.mobilities import ending, queries
from plugins.mobilities.models import Mobility, PlacementRow
from portal.context import Context
from portal.errors import Invalid
from portal.events import EventRow
from tests.factories import clocked
from tests.plugins.mobilities.conftest import DAY, Browser, Pair, acting, stay_of

THREE = [{"name": f"Learner {at}", "email": f"l{at}@mail.example"} for at in range(3)]


def together(pair: Pair) -> Mobility:
    """Let three go together, a week ago."""
    clock = pair.app.extensions["portal"].clock
    made = pair.agreed(kind="group", participants=THREE)
    clock.moment += timedelta(days=37)
    return made


def people(mobility: Mobility) -> dict[str, str]:
    return {row.name: row.public_id for row in queries.participants([stay_of(mobility).id])}


def report(pair: Pair, mobility: Mobility, chosen: list[str], **more: Any) -> Any:
    ctx = acting(clocked(pair.app), pair.sender)
    values = {"what": "interrupted", "day": ctx.clock.now().date(), "initiator": "participant",
              "reason": "Homesick.", "people": chosen, **more}  # fmt: skip
    return ending.report(ctx, stay_of(mobility), "sending", values)


def ends(mobility: Mobility) -> list[tuple[str, int]]:
    places = queries.placements([mobility.id])[mobility.id]
    return sorted((row.outcome, len(queries.participants([row.id]))) for row in places)


def test_one_leaves_early_and_the_others_end_as_planned(pair_anywhere: Pair) -> None:
    pair = pair_anywhere
    made = together(pair)
    found = report(pair, made, [people(made)["Learner 1"]])
    assert ends(made) == [("", 3)]
    ending.answer(acting(clocked(pair.app), pair.receiver), found, "host", True)
    assert ends(made) == [("", 2), ("interrupted", 1)]
    assert Mobility.get_by_id(made.id).state == "agreed"
    pair.app.extensions["portal"].clock.moment += 30 * DAY
    ending.end_due(clocked(pair.app))
    assert ends(made) == [("ended", 2), ("interrupted", 1)]
    told = EventRow.select().where(EventRow.name == "mobility.ended")
    assert told.count() == 2
    assert ending.end_due(clocked(pair.app)) == 0


def test_silence_is_consent_for_some_too_and_an_objection_is_not(pair: Pair) -> None:
    made = together(pair)
    ctx: Context = acting(clocked(pair.app), pair.receiver)
    first = report(pair, made, [people(made)["Learner 1"]])
    ending.answer(ctx, first, "host", False, "They are here.")
    assert ends(made) == [("", 3)]
    report(pair, made, [people(made)["Learner 2"], people(made)["Learner 0"]])
    pair.app.extensions["portal"].clock.moment += 8 * DAY
    ending.end_due(clocked(pair.app))
    assert ("interrupted", 2) in ends(made)


def test_everybody_is_no_group_apart_and_others_can_t_be_named(pair: Pair) -> None:
    made, other = together(pair), pair.agreed(participants=[{"name": "Other"}])
    for chosen, more in (
        (list(people(other).values()), {}),
        (["x"], {}),
        ([people(made)["Learner 1"]], {"what": "extended", "day": made.last_day + DAY}),
    ):
        with pytest.raises(Invalid):
            report(pair, made, chosen, **more)
    assert report(pair, made, list(people(made).values())).people == []


def test_the_form_asks_for_whom_and_the_page_names_them(pair: Pair) -> None:
    made, day = together(pair), date(2026, 12, 20)
    here = f"/mobilities/{made.public_id}"
    page = f"{here}/report/{PlacementRow.get(mobility=made.id).public_id}"
    browser = Browser(pair.app, pair.sender)
    assert "Who is it about?" in browser.see(page).text
    chosen = people(made)["Learner 2"]
    values = {"what": "interrupted", "day": day.isoformat(), "initiator": "participant"}
    sent = browser.post(page, **values, reason="Ill.", people=chosen)
    assert sent.status_code == 303
    assert "about: Learner 2" in Browser(pair.app, pair.receiver).see(here).text
