"""Who came to lead sees two steps, and they tick themselves off."""

from __future__ import annotations

from flask import Flask

from plugins.consortia import first_steps, inviting
from portal.context import Context
from tests.plugins.consortia.conftest import Side, found


def test_steps_of_a_lead_tick_themselves_off(portal: Flask, ctx: Context) -> None:
    lead, partner = Side(portal, ctx, "Lead"), Side(portal, ctx, "Partner", "LV")

    def steps() -> list[tuple[str, bool]]:
        return [(step["url"], step["done"]) for step in first_steps.steps(lead.ctx, "lead")]

    assert steps() == [("/consortia/new", False), ("", False)]
    row = found(lead)
    assert steps() == [("/consortia/new", True), (f"/consortia/{row.slug}", False)]
    inviting.invite(lead.ctx, row, partner.organisation)
    assert [done for _url, done in steps()] == [True, True]
    assert not any(step["done"] for step in first_steps.steps(partner.ctx, "lead"))
    assert first_steps.steps(lead.ctx, "host") == []
