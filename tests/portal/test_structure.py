"""Workflows and object types that do not hold together break their plugin, with the right name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.portal.trial import PLUGIN, write_papers

WRONG = {
    "state": ('"sheet_flow", "Papers", "draft"', '"sheet_flow", "Papers", "drafd"',
              "there is no state 'drafd'. Did you mean 'draft'?"),
    "target": ('{"pending"}, "published"', '{"pending"}, "publised"',
               "transition 'publish': there is no state 'publised'. Did you mean 'published'?"),
    "source": ('{"published"}, "closed"', '{"publishd"}, "closed"', "Did you mean 'published'?"),
    "role": ('{"OrgSignatory", "Host"}', '{"OrgSignatry"}',
             "state 'published': there is no role 'OrgSignatry'. Did you mean 'OrgSignatory'?"),
    "permission": ('"submit": {"OrgAdmin", "Owner"}', '"submitt": {"OrgAdmin"}',
                   "there is no permission 'submitt'. Did you mean 'submit'?"),
    "step's permission": ('"pending", "submit"', '"pending", "sumbit"', "Did you mean 'submit'?"),
    "guard": ('guards=("has_title",)', 'guards=("has_titel",)', "Did you mean 'has_title'?"),
    "workflow": ('workflow="sheet_flow"', 'workflow="sheet_flwo"', "Did you mean 'sheet_flow'?"),
    "column": ('author="author"', 'author="auther"', "column of Paper 'auther'. Did you mean 'author'?"),
    "date column": ('due_field="ends_at"', 'due_field="end_at"', "Did you mean 'ends_at'?"),
    "parent": ('parent=("sheet_folder"', 'parent=("sheet_foldr"', "Did you mean 'sheet_folder'?"),
    "shared role": ('"Editor", "OrgSignatory")', '"Edtor")', "Did you mean 'Editor'?"),
    "prefix": ('Workflow(\n    "sheet_flow"', 'Workflow(\n    "flow"', "'flow' must be 'sheet_'"),
    "kind": ("return [FLOW]", "return [7]", "workflow_list: AttributeError"),
}  # fmt: skip


def reason(folder: Path, make_portal: Callable[..., Flask], code: str) -> tuple[str, str]:
    write_papers(folder, code)
    app = make_portal(folders=[folder])
    assert app.test_client().get("/").status_code == 200
    status = app.extensions["portal"].registry.statuses()["sheet"]
    return status.state, status.reason


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_hold_together_is_named(
    what: str, plugin_folder: Path, make_portal: Callable[..., Flask]
) -> None:
    right, wrong, expected = WRONG[what]
    assert right in PLUGIN
    state, said = reason(plugin_folder, make_portal, PLUGIN.replace(right, wrong))
    assert state == "broken"
    assert expected in said


def test_veto_names_a_permission_that_there_is(
    plugin_folder: Path, make_portal: Callable[..., Flask]
) -> None:
    home = write_papers(plugin_folder)
    manifest = home / "plugin.toml"
    manifest.write_text(manifest.read_text("utf-8").replace('["sign"]', '["sing"]'), "utf-8")
    app = make_portal(folders=[plugin_folder])
    app.test_client().get("/")
    said = app.extensions["portal"].registry.statuses()["sheet"].reason
    assert "plugin.toml, vetoes: there is no permission 'sing'. Did you mean 'sign'?" in said
