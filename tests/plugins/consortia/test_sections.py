"""What other plugins add to a consortium, and what they learn of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from plugins.consortia import interface as consortia
from plugins.consortia import labels, queries
from plugins.consortia.models import Consortium
from portal import db, workflow
from portal.context import Context
from portal.errors import NotAllowed, NotFound
from portal.i18n import lazy_gettext as lazy
from tests.factories import sign_in
from tests.plugins.consortia.conftest import Side, found, join, part
from tests.throwaway import write_plugin
from tests.visiting import Visitor

ANSWER = """
from plugins.consortia.interface import Section
from portal.hookspecs import hookimpl

@hookimpl(optionalhook=True)
def consortia_sections(ctx, consortium):
    base = f"/consortia/{consortium.slug}"
    return [
        Section("Early", f"{base}/early", 15),
        Section("Asleep", f"{base}/asleep", 45, "What it is good for.", is_on=False),
        Section("Second", f"{base}/second", 41),
        Section("Third", f"{base}/third", 42),
        Section(f"For {consortium.part}", f"{base}/late", 99),
    ]

@hookimpl(optionalhook=True)
def consortia_links(ctx, consortium):
    return [("Said to all", f"/consortia/{consortium.slug}/to-all")]
"""


@pytest.fixture
def app(make_portal: Callable[..., Flask], tmp_path: Path) -> Flask:
    """A portal with a plugin that adds sections."""
    guests = tmp_path / "guests"
    guests.mkdir()
    write_plugin(guests, "more", ANSWER, 'requires = ["consortia"]')
    return make_portal(plugins=["consortia", "more"], folders=[guests])


def test_sections_stand_in_the_menu_and_the_lead_is_offered_those_that_are_off(
    app: Flask, ctx: Context
) -> None:
    with app.app_context():
        lead, member = (Side(app, ctx, name) for name in ("Lead", "Member"))
        row = found(lead)
        join(row, lead, member)
        workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    base = f"/consortia/{row.slug}"
    for side, name in ((lead, "For lead"), (member, "For member")):
        page = Visitor(sign_in(app.test_client(), side.account))(base).text
        places = [
            page.index(text) for text in ("/members", "/early", "/second", ">More<", "/third")
        ]
        assert places == sorted(places) and places[-1] < page.index(name)
        assert f"{base}/to-all" in page
        assert ("What it is good for." in page) is (side is lead)
        assert page.count(f"{base}/asleep") == (1 if side is lead else 0)
    guest = Visitor(app.test_client())(base).text
    assert f"{base}/early" not in guest and f"{base}/to-all" in guest


def test_others_learn_the_part_of_who_acts_and_find_nothing_that_is_not_theirs(
    one: Flask, ctx: Context
) -> None:
    lead, member, stranger = (Side(one, ctx, name) for name in ("Lead", "Member", "Stranger"))
    row = found(lead)
    join(row, lead, member)
    seen = consortia.find(lead.ctx, row.slug)
    assert (seen.part, consortia.find(member.ctx, row.public_id).part) == ("lead", "member")
    for address in (row.slug, "nowhere"):
        with pytest.raises(NotFound):
            consortia.find(stranger.ctx, address)
    assert [item.organisation.name for item in consortia.members(seen, "active")] == [
        "Lead",
        "Member",
    ]
    with db.transaction():
        assert consortia.lock(lead.ctx, seen).part == "lead"
        consortia.note(lead.ctx, seen, lazy("%(title)s was planned", title="Kick-off"))
    assert labels.happened(queries.history(row)[0]) == "Kick-off was planned"
    with pytest.raises(NotAllowed), db.transaction():
        consortia.lock(member.ctx, seen)
    assert [item.part for item in consortia.own(member.ctx)] == ["member"]

    workflow.move(member.ctx, part(row, member), "leave")

    assert consortia.own(member.ctx) == []
    with pytest.raises(NotFound):
        consortia.find(member.ctx, row.slug)
    with pytest.raises(NotFound), db.transaction():
        consortia.lock(member.ctx, seen, "inside")
