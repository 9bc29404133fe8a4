"""`portal plugin check`: every fault at once, each with its place and the remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from plugins.authoring import cli
from portal import db
from tests.portal import trial as papers
from tests.test_promises import PLUGINS
from tests.throwaway import write_plugin

MODELS = """\
from peewee import ForeignKeyField, TextField
from portal.db import Model
from portal.people.models import Account

class Trip(Model):
    word = TextField()
    guide = ForeignKeyField(Account)
    class Meta:
        table_name = "{table}"
"""
VIEWS = """\
from flask import Blueprint
from plugins.trips import models
from portal.permissions import may
from portal.web.access import ANYONE, allow

blueprint = Blueprint("trips", __name__)

@blueprint.get("/trips")
@allow(ANYONE)
def trips():
    return "trips"
"""
PLUGIN = """\
from plugins.trips import views
from portal.hookspecs import hookimpl

@hookimpl
def blueprint_list(ctx):
    return [views.blueprint]
"""
STEP = """\
def up(migrator, db):
    db.execute_sql("CREATE TABLE trips_trip (id INTEGER PRIMARY KEY, word TEXT, guide_id INTEGER)")
"""
PERSONAL = """
schema = 1
[[personal_data]]
table = "trips_trip"
column = "guide_id"
purpose = "to say who guides"
retention = "until the trip is over"
subject = "guide_id"
erase = "delete"
"""
PAGE = """\
{% extends "base.html" %}
{# A comment in English. #}
{% block main %}
<h1 title="{{ _("Trips") }}">{{ _("Trips") }}</h1> &nbsp;
<code>portal</code> <b translate="no">Tessera</b>
{% endblock %}
"""
GOOD = {
    "models.py": MODELS.format(table="trips_trip"),
    "views.py": VIEWS,
    "migrations/0001_create_trips.py": STEP,
    "templates/trips/trips.html": PAGE,
}


def write(
    folder: Path, files: dict[str, str], code: str = PLUGIN, manifest: str = PERSONAL
) -> None:
    write_plugin(folder, "trips", code, manifest=manifest, files={**GOOD, **files})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.check, list(arguments))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    if db.database.obj is not None and not db.database.is_closed():
        db.database.close()


def test_a_sound_plugin_has_nothing_to_mend(plugin_folder: Path) -> None:
    write(plugin_folder, {})

    result = run("trips")

    assert result.output == "Nothing to mend in trips.\n"
    assert result.exit_code == 0


def more(name: str, line: str) -> dict[str, str]:
    return {name: GOOD[name] + dedent(line)}


FAULTS: dict[str, tuple[dict[str, object], list[str]]] = {
    "misspelt hook": (
        {"code": PLUGIN + "\n@hookimpl\ndef menu_lists(ctx):\n    return []\n"},
        ["plugin.py:8:", "'menu_lists'", "Did you mean 'menu_list'?"],
    ),
    "wrong argument": (
        {"code": PLUGIN + "\n@hookimpl\ndef import_undone(ctx, batch):\n    pass\n"},
        ["plugin.py:8:", "'import_undone'", "'batch'", "batch_id"],
    ),
    "table without prefix": (
        {"files": {"models.py": MODELS.format(table="trip")}},
        ["models.py:5:", "'trip'", "'trips_'"],
    ),
    "template outside its folder": (
        {"files": {"templates/home.html": "{% block main %}{% endblock %}"}},
        ["templates/home.html", "templates/trips/"],
    ),
    "handler for the whole portal": (
        {"files": more("views.py", "\n@blueprint.before_app_request\ndef leak(): pass\n")},
        ["views.py:13:", "'before_app_request'", "'before_request'"],
    ),
    "route without an access row": (
        {"files": more("views.py", "\n@blueprint.get('/trips/new')\ndef new(): return ''\n")},
        ["views.py:13:", "GET /trips/new", "@allow"],
    ),
    "words nobody can translate": (
        {"files": {"templates/trips/trips.html": PAGE.replace("&nbsp;", "Good trips")}},
        ["templates/trips/trips.html:4:", "'Good trips'", "_("],
    ),
    "title nobody can translate": (
        {
            "files": {
                "templates/trips/trips.html": PAGE.replace(
                    'title="{{ _("Trips") }}"', 'title="A trip"'
                )
            }
        },
        ["templates/trips/trips.html:4:", "'A trip'"],
    ),
    "table that no step makes": (
        {"files": {"migrations/0001_create_trips.py": "def up(migrator, db): pass\n"}},
        ["models.py:5:", "makes the table trips_trip"],
    ),
    "column that no step makes": (
        {"files": {"migrations/0001_create_trips.py": STEP.replace("word", "text")}},
        ["models.py:5:", "trips_trip.word"],
    ),
    "step that fails": (
        {"files": {"migrations/0001_create_trips.py": "def up(migrator, db):\n    1 / 0\n"}},
        ["0001_create_trips.py:2:", "ZeroDivisionError"],
    ),
    "step that the manifest does not know": (
        {"manifest": PERSONAL.replace("schema = 1", "schema = 0")},
        ["plugin.toml:7:", "schema is 0; the newest step is 1"],
    ),
    "setting nobody reads": (
        {
            "manifest": PERSONAL
            + '[settings.colour]\ntype = "text"\ntitle = "Colour"\ndefault = "red"\n'
        },
        ["plugin.toml:15:", "'colour'"],
    ),
    "permission nobody declared": (
        {
            "files": more(
                "views.py", "\ndef may_ride(ctx, trip):\n    return may(ctx, 'edti', trip)\n"
            )
        },
        ["views.py:14:", "'edti'", "Did you mean 'edit'?"],
    ),
    "personal column nobody declared": (
        {"manifest": "\nschema = 1\n"},
        ["models.py:5:", "trips_trip.guide_id is personal", "[[personal_data]]"],
    ),
    "personal column that is not there": (
        {"manifest": PERSONAL.replace("guide_id", "leader_id")},
        ["plugin.toml:", "no model has the personal column trips_trip.leader_id"],
    ),
    "key the manifest does not know": (
        {"manifest": PERSONAL.replace("schema", "shema")},
        ["plugin.toml", "'shema'", "Did you mean 'schema'?"],
    ),
    "code that can't be imported": (
        {"files": more("views.py", "\nimport nothing_of_that_name\n")},
        ["views.py:13:", "nothing_of_that_name"],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_place_and_the_remedy(name: str, plugin_folder: Path) -> None:
    written, words = FAULTS[name]
    write(plugin_folder, **{"files": {}, **written})  # type: ignore[arg-type]

    result = run("trips")

    assert result.exit_code == 1
    assert [line for line in result.output.splitlines() if all(word in line for word in words)], (
        result.output
    )


def test_all_faults_are_named_at_once_and_programs_can_read_them(plugin_folder: Path) -> None:
    code = PLUGIN + "\n@hookimpl\ndef menu_lists(ctx):\n    return []\n"
    code += "\n@hookimpl\ndef home_shows(ctx):\n    return None\n"
    page = PAGE.replace("&nbsp;", "One\n<p>Two</p>")
    views = (
        VIEWS
        + "\n@blueprint.get('/a')\ndef a(): return ''\n\n@blueprint.get('/b')\ndef b(): return ''\n"
    )
    write(
        plugin_folder,
        {"templates/trips/trips.html": page, "views.py": views},
        code,
        "\nschema = 2\n",
    )

    result = run("trips", "--json")

    faults = json.loads(result.output)
    assert result.exit_code == 1
    assert {(fault["file"], fault["line"]) for fault in faults} == {
        ("plugin.py", 8),
        ("plugin.py", 12),
        ("templates/trips/trips.html", 4),
        ("templates/trips/trips.html", 5),
        ("views.py", 13),
        ("views.py", 16),
        ("models.py", 5),
        ("plugin.toml", 7),
    }
    assert {fault["plugin"] for fault in faults} == {"trips"}


def test_a_plugin_is_checked_by_its_folder_before_it_is_installed(tmp_path: Path) -> None:
    home = write_plugin(tmp_path, "far_trips", "from portal.hookspecs import hookimpl\n")

    assert "Nothing to mend in far_trips." in run(str(home)).output


DEAD_ENDS = {
    "unreachable": ('{"published"}, "closed"', '{"published"}, "draft"',
                    "nothing leads to state 'closed'."),
    "no way out": (", final=True", "", "nothing leads out of 'closed', which is not final."),
}  # fmt: skip


@pytest.mark.parametrize("name", DEAD_ENDS)
def test_a_dead_end_of_a_workflow_is_named(name: str, plugin_folder: Path) -> None:
    right, wrong, words = DEAD_ENDS[name]
    code = papers.PLUGIN.replace('{"closed"}, "draft", "stamp"', '{"draft"}, "draft", "stamp"')
    assert right in code
    papers.write_papers(plugin_folder, code.replace(right, wrong))

    assert f"workflow 'sheet_flow': {words}" in run("sheet").output


def test_a_final_state_needs_no_way_out(plugin_folder: Path) -> None:
    code = papers.PLUGIN.replace('{"closed"}, "draft", "stamp"', '{"draft"}, "draft", "stamp"')
    papers.write_papers(plugin_folder, code)

    assert "nothing leads" not in run("sheet").output


def test_a_plugin_that_is_not_there_is_named(plugin_folder: Path) -> None:
    write(plugin_folder, {})

    result = run("tripps")

    assert "There is no plugin 'tripps'. Found: trips" in str(result.exception)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_house_has_nothing_to_mend(plugin: str) -> None:
    assert run(plugin).output == f"Nothing to mend in {plugin}.\n"
