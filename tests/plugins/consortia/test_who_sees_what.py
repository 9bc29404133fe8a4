"""Every page inside a consortium, those of other plugins too, as five kinds of people meet it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import plugins
from plugins.consortia.models import Consortium
from portal import workflow
from portal.context import Context
from portal.web.access import access_row, is_served
from tests.factories import csrf_token, sign_in
from tests.plugins.consortia.conftest import Side, found, join, part

SECTIONS = "def consortia_sections"
"""What a plugin has that adds pages to a consortium."""
EVERYBODY = {
    "consortia.show", "consortia.as_csv", "consortia.as_json", "consortia.join",
    "sharing.sheet_json", "sharing.sheet_pdf",
}  # fmt: skip
"""What is public of an active consortium, and asking to join it."""
LEAD_ONLY = "OrgEditor or OrgAdmin of the lead; members get 403"
NOBODYS = "0123456789abcdef"


def rules(app: Flask) -> Iterator[Rule]:
    """Yield each rule below a consortium's address that is not for everybody."""
    for rule in app.url_map.iter_rules():
        inside = rule.rule.startswith("/consortia/<slug>")
        if inside and is_served(rule.endpoint) and rule.endpoint not in EVERYBODY:
            yield rule


def address(rule: Rule, slug: str) -> str:
    """Return an address of a rule; objects in it are not there."""
    values: dict[str, Any] = {"slug": slug}
    for name in rule.arguments - {"slug"}:
        converter = rule._converters[name]
        items = sorted(getattr(converter, "items", ()))
        values[name] = items[-1] if items else 1 if name == "number" else NOBODYS
    return str(rule.build(values)[1])


def statuses(client: FlaskClient, rule: Rule, slug: str, token: str) -> dict[str, int]:
    """Return what a person gets at a rule by each of its methods."""
    there, data = address(rule, slug), {"csrf_token": token}
    ways: dict[str, Callable[[], Any]] = {
        "GET": lambda: client.get(there),
        "POST": lambda: client.post(there, data=data),
    }
    return {name: ways[name]().status_code for name in ways if name in rule.methods}


def test_nobody_from_outside_learns_anything_and_members_do_not_lead(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    folder = Path(next(iter(plugins.__path__)))
    beside = [
        file.parent.name for file in folder.glob("*/plugin.py") if SECTIONS in file.read_text()
    ]
    app = make_portal(plugins=["consortia", *sorted(beside)])
    with app.app_context():
        lead, member, former, other, stranger = (
            Side(app, ctx, name) for name in ("Lead", "Member", "Former", "Other", "Stranger")
        )
        row = found(lead, kind="excellence")
        join(row, lead, member, former)
        workflow.move(former.ctx, part(row, former), "leave")
        found(other)
        workflow.move(lead.ctx, Consortium.get_by_id(row.id), "activate")
        asked = list(rules(app))
    client = sign_in(app.test_client(), lead.account)
    token = csrf_token(client, "/consortia/new")
    for section in ("plan/switch", "menu/meetings", "menu/decisions", "menu/announcements"):
        there = f"/consortia/{row.slug}/{section}"
        client.post(there, data={"csrf_token": token, "is_on": "yes", "on": "1"})
    for rule in asked:
        if rule.arguments == {"slug"} and "GET" in rule.methods:
            assert client.get(address(rule, row.slug)).status_code == 200, rule.rule
    assert len(asked) > 30
    for side in (stranger, former, other):
        client = sign_in(app.test_client(), side.account)
        token = csrf_token(client, "/consortia/new")
        for rule in asked:
            got = statuses(client, rule, row.slug, token)
            seen = {403} if rule.endpoint == "consortia.take_step" else {404}  # the state is public
            assert set(got.values()) == seen, (side.organisation.name, rule.rule, got)
    client = sign_in(app.test_client(), member.account)
    token = csrf_token(client, "/consortia/new")
    for rule in asked:
        view = app.view_functions[rule.endpoint]
        for name, status in statuses(client, rule, row.slug, token).items():
            needed = access_row(view, name)
            if needed and needed.owner.startswith(LEAD_ONLY):
                assert status in {403, 404}, (rule.rule, name, status)
            assert status < 500, (rule.rule, name, status)
