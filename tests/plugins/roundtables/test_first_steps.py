"""Who came for a round table sees one step, and it ticks itself off."""

from __future__ import annotations

from flask import Flask

from plugins.roundtables import first_steps, registering
from portal.context import Context
from tests.factories import make_account
from tests.plugins.roundtables.conftest import by, make_host, make_series, wish


def test_the_step_of_a_stakeholder_ticks_itself_off(portal: Flask, ctx: Context) -> None:
    host, _account = make_host(portal)
    series, person = make_series(ctx, host), make_account(portal)
    mine = by(ctx, person)

    def is_done() -> list[bool]:
        return [step["done"] for step in first_steps.steps(mine, "stakeholder")]

    assert is_done() == [False]
    registering.express(mine, series, wish(series, 1, email=person.email), "network")
    assert is_done() == [True]
    assert first_steps.steps(mine, "lead") == []
