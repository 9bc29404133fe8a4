"""What the page of a consortium shows first, and that it is never old."""

from __future__ import annotations

from flask import Flask

from plugins.consortia import queries, reading, service
from plugins.consortia.models import ACTIVE, Consortium
from plugins.consortia.showing import MOST_SHOWN
from portal import db, permissions, workflow
from portal.context import REVIEWER, Actor, Context
from tests.factories import make_organisation, sign_in
from tests.plugins.consortia.conftest import Side, found, join, part
from tests.visiting import Visitor


def test_the_first_members_are_shown_all_on_demand_and_changes_at_once(
    one: Flask, ctx: Context
) -> None:
    lead, second = Side(one, ctx, "A lead"), Side(one, ctx, "B second")
    row = found(lead)
    join(row, lead, second)
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    with db.transaction():
        for at in range(MOST_SHOWN + 3):
            member = make_organisation(f"School {at:02}", "LV" if at else "EE")
            service.add_member(ctx, row, member, ACTIVE)
    look, base = Visitor(one.test_client()), f"/consortia/{row.slug}"
    short = look(base)
    assert ">School 17</a>" in short.text and ">School 18</a>" not in short.text
    assert f"Show all {MOST_SHOWN + 5} members" in short.text
    assert ">School 22</a>" in look(f"{base}?members=all").text
    assert "School 22" in one.test_client().get(f"{base}/members.csv").text
    with one.test_client() as client, db.count_statements() as seen:
        client.get(base)
    assert len(seen) <= 6
    workflow.move(second.ctx, part(row, second), "leave")
    after = look(base).text
    assert "B second" not in after and f"Show all {MOST_SHOWN + 4} members" in after
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "close", "It is over.")
    over = Visitor(sign_in(one.test_client(), lead.account))(base).text
    assert "This consortium is closed" in over and "Propose another lead" not in over


def test_the_ready_statement_gives_the_same_rights_as_the_map(portal: Flask, ctx: Context) -> None:
    sides = [Side(portal, ctx, name) for name in ("Lead", "Member", "Former", "Stranger")]
    lead, member, former, _stranger = sides
    row = found(lead)
    reviewer = ctx.as_actor(Actor(sides[3].account.id, "", frozenset({"Member", REVIEWER})))
    asking = [ctx.as_actor(Actor()), ctx, reviewer, *(side.ctx for side in sides)]

    def same() -> None:
        for one in asking:
            permissions.forget()
            read, rights = reading.read(one, row.slug)
            now = Consortium.get_by_id(row.id)
            assert rights == permissions.granted(one, now, reading.RIGHTS), one.actor
            assert read is not None and read.__data__ == now.__data__ and not read.is_dirty()
            assert read.lead.__data__ == now.lead.__data__

    same()
    join(row, lead, member, former)
    same()
    workflow.move(former.ctx, part(row, former), "leave")
    for step, who in (("activate", lead), ("suspend", lead), ("reinstate", lead), ("close", lead)):
        workflow.move(who.ctx, Consortium.get_by_id(row.id), step, "Because")
        same()
    assert reading.read(ctx, "nowhere") == (None, set())
    assert [line.name for line in queries.lines(row)] == ["Lead", "Member"]
