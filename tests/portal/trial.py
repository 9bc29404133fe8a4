"""A plugin with papers in folders, for tests of workflow, permissions and sharing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from flask import Flask

from tests.throwaway import write_plugin

MANIFEST = """
schema = 1
vetoes = ["sign"]
roles = [{ name = "Host", title = "Host" }]
permissions = [{ name = "stamp", title = "Stamp" }]
"""

MIGRATION = """
from pathlib import Path
from portal.migrate import run_script

def up(migrator, db):
    run_script(db, Path(__file__).with_suffix(".sql"))
"""

TABLES = """
CREATE TABLE sheet_folder (
    id {serial},
    public_id TEXT NOT NULL,
    organisation_id INTEGER REFERENCES organisation (id)
);
CREATE TABLE sheet_sheet (
    id {serial},
    public_id TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    organisation_id INTEGER REFERENCES organisation (id),
    author_id INTEGER REFERENCES account (id),
    folder_id INTEGER REFERENCES sheet_folder (id),
    ends_at {binary}
);
CREATE TABLE sheet_host (
    sheet_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL
);
"""

MODELS = """
from peewee import AutoField, ForeignKeyField, IntegerField, TextField
from portal.db import Model, UtcDateTime
from portal.organisations.models import Organisation
from portal.people.models import Account

class Folder(Model):
    id = AutoField()
    public_id = TextField()
    organisation = ForeignKeyField(Organisation, null=True)
    class Meta:
        table_name = "sheet_folder"

class Paper(Model):
    id = AutoField()
    public_id = TextField()
    title = TextField(default="A sheet")
    state = TextField(default="draft")
    version = IntegerField(default=1)
    organisation = ForeignKeyField(Organisation, null=True)
    author = ForeignKeyField(Account, null=True)
    folder = ForeignKeyField(Folder, null=True)
    ends_at = UtcDateTime(null=True)
    class Meta:
        table_name = "sheet_sheet"

class Host(Model):
    sheet_id = IntegerField()
    account_id = IntegerField()
    class Meta:
        table_name = "sheet_host"
        primary_key = False
"""

PLUGIN = """
from flask import Blueprint, render_template_string
from portal import objects, workflow
from portal.errors import Invalid
from portal.hookspecs import (
    ObjectType, RoleSource, State, Task, Transition, Workflow, hookimpl,
)
from portal.web.access import ANYONE, allow
from portal.web.heartbeat import context
from plugins.sheet.models import Folder, Host, Paper

STAFF = {"OrgEditor", "OrgAdmin"}
FLOW = Workflow(
    "sheet_flow", "Papers", "draft",
    (
        State("draft", "Draft", {
            "view": {"OrgMember", "Owner", "Viewer", "Editor", "Reviewer"},
            "edit": {"OrgEditor", "OrgAdmin", "Owner", "Editor"},
            "submit": {"OrgAdmin", "Owner"},
        }),
        State("pending", "Waits for a review", {
            "view": {"OrgMember", "Owner", "Viewer", "Editor", "Reviewer"},
            "review": {"Reviewer"},
        }, tag="warn"),
        State("published", "Published", {
            "view": {"Anonymous"}, "edit": STAFF | {"Host"}, "review": {"Reviewer"},
            "sign": {"OrgSignatory", "Host"},
        }, tag="ok"),
        State("closed", "Closed", {"view": {"OrgAdmin", "SiteAdmin"}, "stamp": {"SiteAdmin"}}, final=True),
    ),
    (
        Transition("submit", "Submit it", {"draft"}, "pending", "submit", guards=("has_title",)),
        Transition("publish", "Publish it", {"pending"}, "published", "review",
                   four_eyes=True, review=True, promised_days=5),
        Transition("send_back", "Send it back", {"pending"}, "draft", "review",
                   comment_required=True, four_eyes=True, review=True),
        Transition("close", "Close it", {"published"}, "closed", "", automatic=True, due_field="ends_at"),
        Transition("reopen", "Reopen it", {"closed"}, "draft", "stamp"),
    ),
    guards={"has_title": lambda ctx, sheet: [] if sheet.title.strip() else ["Give it a title."]},
)
SHARE = {"OrgAdmin", "Owner"}

blueprint = Blueprint("sheet", __name__)

@blueprint.get("/papers/<public_id>")
@allow(ANYONE)
def page(public_id):
    sheet = objects.find("sheet_sheet", public_id)
    return render_template_string(
        '{% extends "base.html" %}{% from "macros/workflow.html" import workflow_panel %}'
        '{% block main %}<h1>{{ sheet.title }}</h1>{{ workflow_panel(flow) }}{% endblock %}',
        sheet=sheet, flow=workflow.panel(context(), sheet),
    )

@hookimpl
def blueprint_list(ctx):
    return [blueprint]

@hookimpl
def workflow_list(ctx):
    return [FLOW]

@hookimpl
def object_type_list(ctx):
    return [
        ObjectType(
            "sheet_folder", "Folder", Folder, lambda row: row.public_id, lambda row: "/",
            owner_organisation="organisation", shareable=True,
            shared_roles=("Viewer", "Editor", "OrgSignatory"),
            permissions={"view": {"OrgMember", "Viewer", "Editor"}, "share": {"OrgAdmin"},
                         "edit": {"OrgAdmin", "Editor"}},
        ),
        ObjectType(
            "sheet_sheet", "Paper", Paper, lambda row: row.title, lambda row: f"/papers/{row.public_id}",
            workflow="sheet_flow", owner_organisation="organisation", author="author",
            parent=("sheet_folder", "folder"), shareable=True,
            permissions={"share": SHARE, "history": {"OrgMember", "Owner", "Reviewer"}},
        ),
    ]

@hookimpl
def role_sources(ctx, object_type):
    if object_type.name != "sheet_sheet":
        return None
    return [RoleSource("Host", lambda actor: Host.select(Host.sheet_id).where(Host.account_id == actor.account_id))]

@hookimpl
def permission_veto(ctx, permission, object_type, ids):
    if object_type.name == "sheet_sheet" and permission == "sign":
        return Paper.select(Paper.id).where(Paper.id.in_(ids), Paper.title == "frozen")
    return None

DONE = []

@hookimpl
def transition_check(ctx, obj_type, obj, transition):
    return ["Not this one."] if obj.title == "refused" else []

@hookimpl
def transition_done(ctx, obj_type, obj, transition, entry):
    DONE.append((obj_type.name, obj.state, transition.name, entry.seq))
    if obj.title == "fails":
        raise Invalid("It can't be carried out.")
"""


def write_papers(folder: Path, code: str = PLUGIN) -> Path:
    """Write the plugin below a folder in the place of `plugins/`."""
    files = {
        "models.py": MODELS,
        "migrations/0001_create_papers.py": MIGRATION,
        "migrations/0001_create_papers.sql": TABLES,
    }
    return write_plugin(folder, "sheet", code, MANIFEST, files=files)


def papers(app: Flask) -> ModuleType:
    """Return the plugin's module; its models are `papers(app).Paper` and so on."""
    found: ModuleType = app.extensions["portal"].registry.modules["sheet"]
    return found


def make_papers(folder: Path, make_portal: Callable[..., Flask], url: str) -> Flask:
    """Make a portal with the plugin of papers alone."""
    write_papers(folder)
    return make_portal(url, folders=[folder])
