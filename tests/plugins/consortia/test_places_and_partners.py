"""Places and dates, versions of rules, who worked with whom: with a database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from plugins.consortia import eligibility, inviting, planning, queries
from plugins.consortia import plugin as answers
from plugins.consortia.models import Consortium, Flow
from plugins.introductions import ties
from plugins.projects.models import Participation, Project
from portal import settings, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.organisations.models import Organisation, OrganisationIdentifier
from tests.factories import make_organisation, sign_in
from tests.plugins.consortia.conftest import Side, found, join, part
from tests.visiting import Visitor

NUMBERS = {"planned": 10, "agreed": 6, "done": 2}


def test_places_are_planned_by_the_lead_and_go_to_another_host(portal: Flask, ctx: Context) -> None:
    lead, one, two = (Side(portal, ctx, name) for name in ("Lead", "One", "Two"))
    row = found(lead)
    join(row, lead, one, two)
    with pytest.raises(NotAllowed):
        planning.set_places(one.ctx, row, lead.id, one.id, NUMBERS)
    with pytest.raises(Invalid, match="two different"):
        planning.set_places(lead.ctx, row, lead.id, lead.id, NUMBERS)
    with pytest.raises(Invalid, match="More were done"):
        planning.set_places(lead.ctx, row, lead.id, one.id, {"agreed": 1, "done": 2})
    flow = planning.set_places(lead.ctx, row, lead.id, one.id, NUMBERS)
    with pytest.raises(Invalid, match="At most 8"):
        planning.substitute(lead.ctx, row, flow, two.id, 9, "")
    planning.substitute(lead.ctx, row, flow, two.id, 7, "One has no room")
    kept = {(item.host_id, item.planned, item.agreed, item.done) for item in Flow.select()}
    assert kept == {(one.id, 3, 3, 2), (two.id, 7, 0, 0)}
    assert planning.moves(row)[0].reason == "One has no room"
    with pytest.raises(Conflict):
        planning.set_places(lead.ctx, row, lead.id, one.id, NUMBERS, version=1)


def test_the_sheet_of_places_has_numbers_of_organisations_and_says_unverified(
    portal: Flask, ctx: Context
) -> None:
    lead, host = Side(portal, ctx, "Lead"), Side(portal, ctx, "Host", "LV")
    OrganisationIdentifier.create(organisation=host.id, scheme="oid", value="E10000001")
    row = found(lead)
    join(row, lead, host)
    planning.set_places(lead.ctx, row, lead.id, host.id, {"planned": 6, "agreed": 4})
    look = Visitor(sign_in(portal.test_client(), lead.account))
    page = f"/consortia/{row.slug}/places"
    assert "Beneficiary Module" in look(page).text and "unverified" in look(page).text
    heads, line = look.client.get(f"{page}.csv").text.lstrip("\ufeff").splitlines()
    told = dict(zip(heads.split(","), line.split(","), strict=True))
    assert told == {
        "sending_organisation": "Lead", "sending_oid": "", "sending_country": "DE",
        "host_organisation": "Host", "host_oid": "E10000001", "host_country": "LV",
        "planned": "6", "agreed": "4", "done": "0", "starts_on": "2026-09-01",
        "ends_on": "2028-08-31", "layout": "unverified",
    }  # fmt: skip


def test_who_answers_invitations_is_counted(portal: Flask, ctx: Context) -> None:
    lead, one, two, none = (Side(portal, ctx, name) for name in ("Lead", "One", "Two", "None"))
    row = found(lead)
    join(row, lead, one)
    inviting.invite(lead.ctx, Consortium.get_by_id(row.id), two.organisation)
    workflow.move(one.ctx, part(row, one), "leave")
    workflow.move(lead.ctx, part(row, one), "invite")
    workflow.move(one.ctx, part(row, one), "decline")
    assert queries.answered([one.id, two.id, none.id]) == {one.id: (2, 2), two.id: (1, 0)}


def test_places_of_another_consortium_are_not_found(one: Flask, ctx: Context) -> None:
    lead, other = Side(one, ctx, "Lead"), Side(one, ctx, "Other")
    mine, theirs = found(lead), found(other)
    join(theirs, other, lead)
    flow = planning.set_places(other.ctx, theirs, other.id, lead.id, NUMBERS)
    with pytest.raises(NotFound):
        planning.find_flow(mine, flow.public_id)


def test_dates_of_a_consortium_are_in_the_calendar_of_its_members(
    portal: Flask, ctx: Context
) -> None:
    lead, one, stranger = (Side(portal, ctx, name) for name in ("Lead", "One", "Stranger"))
    row = found(lead)
    join(row, lead, one)
    values: dict[str, Any] = {"title": "Kick-off", "place": "", "ends_on": None}
    planning.add_day(lead.ctx, row, {**values, "starts_on": date(2027, 1, 10)})
    with pytest.raises(Invalid, match="runs from 2026-09-01 to 2028-08-31"):
        planning.add_day(lead.ctx, row, {**values, "starts_on": date(2029, 1, 10)})
    told = answers.calendar_list(one.ctx)
    assert [(item["title"], item["start"], item["end"]) for item in told] == [
        ("Metal without borders: Kick-off", date(2027, 1, 10), date(2027, 1, 11))
    ]
    assert answers.calendar_list(stranger.ctx) == []
    with pytest.raises(NotAllowed):
        planning.remove_day(one.ctx, row, queries.days(row)[0].public_id)


def test_a_consortium_keeps_its_version_and_hears_of_a_newer_one(one: Flask, ctx: Context) -> None:
    lead = Side(one, ctx, "Lead")
    row = found(lead)
    folder = eligibility.folder()
    folder.mkdir(exist_ok=True)
    text = 'key = "ours"\nversion = "1"\ntitle = "Ours"\nkinds = ["network"]\nsource = "Us"\n'
    text += 'source_date = "2026"\n[[checks]]\ncheck = "least_members"\nvalue = 1\n'
    (folder / "ours-1.toml").write_text(text)
    eligibility.choose(lead.ctx, row, "ours")
    assert eligibility.standing(Consortium.get_by_id(row.id)).is_eligible
    (folder / "ours-2.toml").write_text(
        text.replace('"1"', '"2"').replace("value = 1", "value = 9")
    )
    standing = eligibility.standing(Consortium.get_by_id(row.id))
    assert standing.is_eligible
    assert standing.newer
    assert [item.is_fulfilled for item in standing.newer_verdicts] == [False]
    assert eligibility.lacks(Consortium.get_by_id(row.id)) == []
    assert eligibility.lacks(Consortium.get_by_id(row.id), leaving=lead.id) != []
    (folder / "bad.toml").write_text(text.replace("least_members", "least_member"))
    assert next(str(wrong) for wrong in eligibility.mistakes()).startswith("bad.toml: check 1: ")
    assert answers.health_check(ctx)[0].state == "bad"


def test_a_rule_typed_in_site_setup_is_offered_and_its_mistake_named(
    one: Flask, ctx: Context
) -> None:
    text = 'key = "typed"\nversion = "1"\ntitle = "Typed"\nkinds = ["network"]\nsource = "Us"\n'
    text += 'source_date = "2026"\n[[checks]]\ncheck = "least_members"\nvalue = 1\n'
    wrong = text.replace('"1"', '"2"').replace("value = 1", "value = 0")
    settings.store("consortia", {"own_rules": f"{text}---\n{wrong}"})
    assert "typed" in {rule.key for rule in eligibility.offered()}
    told = "Site Setup, rule 2: check 1: value has to be a whole number from 1 to 1000."
    assert [str(item) for item in eligibility.mistakes()] == [told]


def test_who_can_introduce_goes_over_the_fewest_others(portal: Flask, ctx: Context) -> None:
    names = ("A", "B", "C", "D", "E", "F")
    ids = {name: int(make_organisation(name).id) for name in names}
    for project, members in (("P1", "AB"), ("P2", "BC"), ("P3", "CD"), ("P4", "DE")):
        made = Project.create(key=project, acronym=project)
        for name in members:
            Participation.create(project=made, organisation=ids[name], role="partner")
    shown = {number: name for name, number in ids.items()}

    def way(start: str, end: str) -> list[tuple[str, str]]:
        return [(shown[at], name) for at, name in ties.path(ctx, ids[start], ids[end])]

    assert way("A", "C") == [("A", "P1"), ("B", "P2"), ("C", "")]
    assert way("A", "E") == [("A", "P1"), ("B", "P2"), ("C", "P3"), ("D", "P4"), ("E", "")]
    assert way("A", "F") == []
    lead, other = Side(portal, ctx, "Lead"), Side(portal, ctx, "Other")
    row = found(lead)
    join(row, lead, other)
    assert ties.path(ctx, lead.id, other.id) == [], "while it forms nobody hears of it"
    workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
    assert [at for at, _name in ties.path(ctx, lead.id, other.id)] == [lead.id, other.id]


def test_paths_are_as_short_as_those_of_networkx(one: Flask, ctx: Context) -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.gnm_random_graph(30, 36, seed=4)
    ids = [int(make_organisation(f"N{at}").id) for at in range(30)]
    for start, end in graph.edges:
        made = Project.create(key=f"{start}-{end}", acronym=f"{start}-{end}")
        for at in (start, end):
            Participation.create(project=made, organisation=ids[at], role="partner")
    lengths = dict(networkx.all_pairs_shortest_path_length(graph))
    for start in (0, 7, 19):
        for end in range(30):
            known = lengths[start].get(end, 99)
            way = ties.path(ctx, ids[start], ids[end])
            expected = known + 1 if 1 <= known <= ties.MOST_STEPS + 1 else 0
            assert len(way) == expected, (start, end)
    ring = ties.ego(ctx, Organisation.get_by_id(ids[0]))
    assert {node.organisation.id for node in ring.nodes} == {ids[at] for at in graph[0]}
