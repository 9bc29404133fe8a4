"""The pages: from switching on to the report, and who may open what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from plugins.consortia import interface as consortia
from plugins.consortia.models import Consortium
from plugins.paper import interface as paper
from plugins.work import service
from plugins.work.models import Item, Package, Plan
from portal import workflow
from portal.context import Context
from tests.factories import post, sign_in
from tests.plugins.consortia.conftest import found, join, part
from tests.plugins.work.conftest import PLUGINS, World
from tests.visiting import Visitor


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=[*PLUGINS, "versions"])


def test_from_switching_on_to_the_report(app: Flask, ctx: Context) -> None:
    with app.app_context():
        world = World(app, ctx)
        service.switch(world.lead.ctx, world.seen(), False)
        member, works = world.partner.organisation, world.lead.organisation
    base = f"/consortia/{world.row.slug}/plan"
    lead, other = (sign_in(app.test_client(), side.account) for side in (world.lead, world.partner))
    look, peek = Visitor(lead), Visitor(other)
    assert "Work packages, tasks, milestones" in look(base.removesuffix("/plan")).text
    peek(base, 404)
    assert "Switch the work plan on" in look(base).text
    assert post(lead, f"{base}/switch", base, is_on="yes").status_code == 303
    assert "The lead of the consortium adds the first one." in peek(base).text
    new = f"{base}/packages/new"
    look(new)
    typed = {"title": "Units & <b>more</b>", "lead": member.public_id, "aim": "Four units"}
    wrong = post(lead, new, ends_on="2031-01-01", **typed)
    assert wrong.status_code == 422 and "Four units" in wrong.text and "lies outside" in wrong.text
    assert post(lead, new, starts_on="2026-11-01", **typed).status_code == 303
    with app.app_context():
        package = Package.get()
    add = f"{base}/packages/{package.public_id}/new"
    look(add)
    for title, kind, due in (
        ("Draft", "task", "2026-11-10"),
        ("Printed", "deliverable", "2027-02-01"),
    ):
        with app.app_context():
            needs = [row.public_id for row in Item.select()]
        said = {"title": title, "kind": kind, "owner": works.public_id, "ends_on": due}
        assert post(other, add, needs=needs, **said).status_code == 303, title
    with app.app_context():
        first, second = Item.select().order_by(Item.id)
    edit = f"{base}/items/{first.public_id}/edit"
    look(edit)
    peek(edit)
    round_ = {"title": "Draft", "kind": "task", "owner": works.public_id, "ends_on": "2026-11-10"}
    circle = post(lead, edit, version="1", needs=[second.public_id], **round_)
    assert circle.status_code == 422 and "“Draft” → “Printed” → “Draft”" in circle.text
    assert post(lead, edit, version="1", **{**round_, "title": "Draft 1"}).status_code == 303
    late = post(lead, edit, version="1", **{**round_, "title": "Mine"})
    assert late.status_code == 409 and "Mine" in late.text and "Draft 1" in late.text
    page = look(base).text
    assert "1 piece of work is late" in page and "<svg" in page and "Units &amp; &lt;b&gt;" in page
    one = f"{base}/items/{first.public_id}"
    look(one)
    refused = post(lead, f"{base}/items/{second.public_id}/finish", one)
    assert refused.status_code == 422 and "has to be finished first" in refused.text
    assert post(lead, f"{one}/finish", one).status_code == 303
    assert f"{one}/finish" not in look(one).text
    gone = post(lead, f"{base}/items/{second.public_id}/remove", one)
    assert gone.status_code == 303
    assert "This was taken away: Printed" in look(base).text
    look(f"{base}/budget")
    share = f"{base}/budget/{package.public_id}"
    look(share)
    names = {f"share_{item.public_id}": "30" for item in (member, works)}
    wrong = post(lead, share, version="1", cents="100", **names)
    assert wrong.status_code == 422 and "€40 is not given" in wrong.text
    assert post(lead, share, cents="60", **names).status_code == 303
    assert post(lead, f"{base}/budget", cents="1.000").status_code == 422
    assert post(lead, f"{base}/budget", cents="60", version="1").status_code in {303, 409}
    assert "€30" in peek(f"{base}/budget").text
    for query in ("", "?period=quarter&on=2026-10-05", "?period=own&from=2026-11-01&to=x", "?on=9"):
        look(f"{base}/report{query}")
    assert "Draft 1" in look(f"{base}/report?period=own&from=2026-11-01&to=2026-11-30").text
    sheet = other.get(f"{base}/report.csv").text
    assert "Draft 1" in sheet and sheet.startswith("\ufeffPart,")
    assert (
        "Draft 1" in other.get(f"{base}.csv").text
        and "30.00" in other.get(f"{base}/budget.csv").text
    )
    assert post(lead, f"{base}/report", every="quarter").status_code == 303
    with app.app_context():
        assert Plan.get().every == "quarter"
    if paper.available():
        answer = other.get(f"{base}/report.pdf")
        assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF")
        assert b"pdfuaid" in answer.data


PAGES = ("", ".csv", "/budget", "/budget.csv", "/report", "/report.csv", "/items/{item}")
LEADS = ("/packages/new", "/packages/{package}", "/packages/{package}/new", "/items/{item}/edit",
    "/budget/{package}")  # fmt: skip
DEEDS = ("/switch", "/packages/{package}/remove", "/items/{item}/begin", "/items/{item}/remove",
    "/report")  # fmt: skip


def test_members_look_the_lead_plans_and_nobody_else_learns_anything(
    app: Flask, ctx: Context
) -> None:
    with app.app_context():
        world = World(app, ctx)
        package = world.package()
        item = world.item(package, "Draft", date(2027, 1, 10))
        foreign = found(world.stranger, name="Another one")
        join(foreign, world.stranger, world.helper)
        service.switch(world.stranger.ctx, _seen(world, foreign), True)
        workflow.move(world.helper.ctx, part(world.row, world.helper), "leave")
    base = f"/consortia/{world.row.slug}/plan"
    clients = {
        name: sign_in(app.test_client(), getattr(world, name).account)
        for name in ("lead", "partner", "helper", "stranger")
    }
    wanted = {
        "lead": (200, 200, {302, 303, 422}),
        "partner": (200, 403, {403}),
        "helper": (404, 404, {404}),  # a former member, in another consortium now
        "stranger": (404, 404, {404}),  # leads another consortium
    }
    of = {"item": item.public_id, "package": package.public_id}
    for name, client in clients.items():
        read, plan, deed = wanted[name]
        for path in PAGES:
            assert client.get(base + path.format(**of)).status_code == read, (name, path)
        for path in LEADS:
            assert client.get(base + path.format(**of)).status_code == plan, (name, path)
        if name != "lead":
            for path in DEEDS:
                answer = post(client, base + path.format(**of), "/consortia/new", title="x")
                assert answer.status_code in deed, (name, path, answer.status_code)
    theirs = f"/consortia/{foreign.slug}/plan"
    stranger = clients["stranger"]
    for path in ("/items/{item}", "/packages/{package}", "/budget/{package}", "/hand-over/1"):
        assert stranger.get(theirs + path.format(**of)).status_code == 404, path
    assert app.test_client().get(base).status_code in {302, 303}
    for path in ("/items/nothing", "/packages/nothing", "/hand-over/999999999999"):
        assert clients["lead"].get(base + path).status_code == 404, path


def _seen(world: World, row: Consortium) -> Any:
    return consortia.find(world.stranger.ctx, row.slug)
