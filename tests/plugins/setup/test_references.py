"""What refers to another plugin's content: a link while that is on, its remembered title otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from plugins.setup import acts, references
from plugins.setup.references import Reference, Shown
from portal import db
from portal.context import system_context
from tests.portal.trial import PLUGIN, make_papers, papers, write_papers
from tests.throwaway import write_plugin

MakePortal = Callable[..., Flask]
CTX = system_context()
REFERENCE = Reference("sheet_sheet", 1, "Title <of> then")
LINKING = """
from flask import Blueprint, render_template_string
from plugins.setup import references
from portal.hookspecs import hookimpl
from portal.web.access import ANYONE, allow

blueprint = Blueprint("linking", __name__)

@blueprint.get("/linking")
@allow(ANYONE)
def page():
    shown = references.show([references.Reference("sheet_sheet", 1, "Title <of> then")])
    return render_template_string(
        '{% extends "base.html" %}{% from "macros/parts.html" import reference %}'
        "{% block main %}<h1>Links</h1><p>{{ reference(shown[0]) }}</p>{% endblock %}", shown=shown)

@hookimpl
def blueprint_list(ctx):
    return [blueprint]
"""


def make_linked(folder: Path, make_portal: MakePortal, url: str = "") -> Flask:
    """Make a portal in which one plugin's page refers to a sheet of another."""
    write_plugin(folder, "linking", LINKING)
    app = make_papers(folder, make_portal, url)
    papers(app).Paper.create(public_id="one", title="Title of now")
    return app


def test_a_reference_links_to_what_is_there(plugin_folder: Path, make_portal: MakePortal) -> None:
    app = make_linked(plugin_folder, make_portal)

    page = app.test_client().get("/linking").text

    assert '<p><a href="/papers/one">Title of now</a></p>' in page


@pytest.mark.parametrize("act", ["deactivate", "uninstall", "purge"])
def test_a_reference_to_an_inactive_plugin_is_a_plain_title(
    act: str, plugin_folder: Path, make_portal: MakePortal, any_url: str
) -> None:
    app = make_linked(plugin_folder, make_portal, any_url)

    with app.app_context():
        acts.act(CTX, "sheet", act, "sheet")
    answer = app.test_client().get("/linking")

    assert answer.status_code == 200
    assert "<p>Title &lt;of&gt; then</p>" in answer.text


def test_a_reference_to_an_object_that_is_gone_is_a_plain_title(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    app = make_linked(plugin_folder, make_portal)
    papers(app).Paper.delete().execute()

    assert "<p>Title &lt;of&gt; then</p>" in app.test_client().get("/linking").text


def test_a_type_whose_address_raises_costs_no_page(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_papers(plugin_folder, PLUGIN.replace('lambda row: f"/papers/{row.public_id}"', "len"))
    app = make_portal(folders=[plugin_folder])
    papers(app).Paper.create(public_id="one", title="Title of now")

    with app.app_context():
        assert references.show([REFERENCE]) == [Shown("Title <of> then")]


def test_many_references_cost_one_statement_and_keep_their_order(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    app = make_linked(plugin_folder, make_portal)
    for number in range(2, 9):
        papers(app).Paper.create(public_id=f"p{number}", title=f"Paper {number}")
    asked = [Reference("sheet_sheet", number, "?") for number in (8, 3, 99, 5)]

    with app.app_context(), db.count_statements() as seen:
        shown = references.show([*asked, Reference("nobody_thing", 1, "Unknown")])

    assert [item.label for item in shown] == ["Paper 8", "Paper 3", "?", "Paper 5", "Unknown"]
    assert [bool(item.url) for item in shown] == [True, True, False, True, False]
    assert len(seen) == 1
