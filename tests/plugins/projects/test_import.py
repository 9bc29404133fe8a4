"""Files of consortia: what goes in, what is refused, what is taken back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from plugins.imports import service as imports
from plugins.projects import importing
from plugins.projects.cli import consortia as consortia_command
from plugins.projects.models import Participation, Project
from portal import db
from portal.context import ANONYMOUS, Context
from portal.errors import Invalid, NotAllowed
from portal.organisations.models import ImportBatch, Organisation, Source
from portal.web.heartbeat import forget
from tests.factories import clocked, make_organisation
from tests.plugins.partners.conftest import found

SOURCE = Source(key="cove", title="Centres")
Import = Callable[..., importing.Report]


@pytest.fixture
def context(any_app: Flask) -> Iterator[Context]:
    """A context with the portal of either engine open."""
    with any_app.app_context():
        yield clocked(any_app)


def organisations(ctx: Context, text: str, **more: Any) -> Any:
    return imports.import_organisations(ctx, io.BytesIO(text.encode()), **more)


def search(app: Flask, text: str) -> list[str]:
    """Search as a new visitor does, although a context of the app is open."""
    forget()
    return found(app.test_client(), q=text)


PROJECTS = "project,acronym,title,call_year,coordinator\np1,SEAWISE,Fish and water,2021,X\n"
PARTS = (
    "project,role,organisation,country\n"
    "p1,coordinator,School of Bonn,DE\n"
    "p1,associated_partner,Škola Rīga,LV\n"
)


@pytest.fixture
def consortia(context: Context, tmp_path: Path) -> Import:
    def run(project_rows: str = PROJECTS, part_rows: str = PARTS, **more: bool) -> importing.Report:
        one, other = tmp_path / "projects.csv", tmp_path / "parts.csv"
        one.write_text(project_rows, encoding="utf-8")
        other.write_text(part_rows, encoding="utf-8")
        return importing.import_consortia(context, one, other, SOURCE, **more)

    return run


def members() -> list[tuple[str, str, str]]:
    return db.query(
        "SELECT p.key, o.name, a.role FROM projects_participation a "
        "JOIN projects_project p ON p.id = a.project_id "
        "JOIN organisation o ON o.id = a.organisation_id ORDER BY p.key, o.name, a.role"
    )


def test_members_are_added_as_unclaimed_entries(any_app: Flask, consortia: Import) -> None:
    report = consortia()
    assert (report.projects, report.participations, report.added) == (1, 2, 2)
    assert members() == [
        ("p1", "School of Bonn", "coordinator"),
        ("p1", "Škola Rīga", "associated_partner"),
    ]
    assert {row.state for row in Organisation.select()} == {"unclaimed"}
    assert sorted(search(any_app, "seawise")) == ["School of Bonn", "Škola Rīga"]


def test_project_is_kept_as_the_source_lists_it(consortia: Import) -> None:
    consortia()
    project = Project.get()
    assert (project.acronym, project.title, project.call_year, project.source) == (
        "SEAWISE",
        "Fish and water",
        2021,
        "cove",
    )


def test_profile_shows_project_role_and_source(any_app: Flask, consortia: Import) -> None:
    consortia()
    slug = Organisation.get(Organisation.country == "LV").slug
    page = any_app.test_client().get(f"/partners/{slug}").text
    for text in ("SEAWISE", "Fish and water", "associated partner", "Centres"):
        assert text in page


def test_dry_run_says_the_same_and_writes_nothing(consortia: Import) -> None:
    dry = consortia(dry_run=True)
    assert (dry.projects, dry.participations, dry.added) == (1, 2, 2)
    for model in (Project, Participation, Organisation, ImportBatch, Source):
        assert model.select().count() == 0


def test_organisation_is_recognised_by_folded_name_and_country(consortia: Import) -> None:
    known = make_organisation("SKOLA RIGA", "LV")
    abroad = make_organisation("School of Bonn", "AT")
    report = consortia()
    assert (report.recognised, report.added) == (1, 1)
    owners = {row[0] for row in db.query("SELECT organisation_id FROM projects_participation")}
    assert known.id in owners
    assert abroad.id not in owners


def test_made_up_organisation_is_never_recognised(consortia: Import) -> None:
    make_organisation("Škola Rīga", "LV", is_fictional=True)
    assert consortia().added == 2


def test_cordis_columns_are_understood(context: Context, consortia: Import) -> None:
    organisations(context, "name,country,identifiers\nFish GmbH,DE,pic:123456789\n")
    report = consortia(
        "\ufeffproject_id,acronym,topic_code,topic_title\n7,SEAWISE,BG,Fish and water\n",
        "project_id,pic,role,position\n7,123456789,participant,1\n7,999999999,coordinator,2\n",
    )
    assert members() == [("7", "Fish GmbH", "participant")]
    assert Project.get().title == "Fish and water"
    assert (report.recognised, report.participations, report.added) == (1, 1, 0)
    [refused] = report.rejected
    assert (refused.line, refused.column) == (3, "pic")
    assert "No organisation has the PIC 999999999." in refused.reason


def test_other_delimiters_are_understood(consortia: Import) -> None:
    report = consortia(
        "project_id;acronym\np1;SEAWISE\n", "project_id;role;name;country\np1;partner;Yard;ES\n"
    )
    assert members() == [("p1", "Yard", "partner")]
    assert len(report.warnings) == 2


def test_pic_decides_before_the_name(context: Context, consortia: Import) -> None:
    organisations(context, "name,country,identifiers\nFish GmbH,DE,pic:123456789\n")
    consortia(PROJECTS, "project,role,organisation,country,pic\np1,partner,FISH LTD,DE,123456789\n")
    assert members() == [("p1", "Fish GmbH", "partner")]


def test_one_pic_is_one_new_organisation(consortia: Import) -> None:
    report = consortia(
        PROJECTS,
        "project,role,organisation,country,pic\n"
        "p1,partner,Fish GmbH,DE,123456789\np1,coordinator,Fish Ltd.,DE,123456789\n",
    )
    assert report.added == Organisation.select().count() == 1
    assert [role for _key, _name, role in members()] == ["coordinator", "partner"]


def test_same_part_twice_is_one(consortia: Import) -> None:
    report = consortia(PROJECTS, PARTS + "p1,coordinator,SCHOOL OF BONN,DE\n")
    assert len(members()) == 2 and report.twice == 1


def test_consortia_without_a_coordinator_go_in_and_are_named(consortia: Import) -> None:
    report = consortia(PROJECTS + "p2,ALONE,Nobody leads,2021,\n", PARTS + "p2,partner,Third,ES\n")
    assert report.leaderless == ["ALONE"] and ("p2", "Third", "partner") in members()


def test_two_numbers_of_one_name_are_two_entries_that_are_proposed_for_merging(
    any_app: Flask, consortia: Import
) -> None:
    rows = "project,role,organisation,country,pic\np1,partner,Twin,DE,999999999\n"
    report = consortia(PROJECTS, rows + "p1,partner,TWIN,DE,999999998\n")
    assert (report.added, report.alike, report.leaderless) == (2, 1, ["SEAWISE"])


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("p9,partner,School,DE", "project", "There is no project p9 in the other file."),
        ("p1,partner,School,XX", "country", "XX is no two-letter country code"),
        ("p1,partner,,DE", "organisation", "Name the organisation"),
        ("p1,partner,!!,DE", "name", "Write the organisation's name."),
        ('p1,partner,"School,DE', "", "quotation mark"),
    ],
)
def test_bad_row_is_named_and_the_others_go_in(
    consortia: Import, row: str, column: str, reason: str
) -> None:
    report = consortia(PROJECTS, PARTS + row + "\n")
    [refused] = report.rejected
    assert (refused.line, refused.column) == (4, column)
    assert reason in refused.reason
    assert len(members()) == 2


@pytest.mark.parametrize(
    ("project_rows", "part_rows"),
    [("", PARTS), ("project\n", PARTS), ("name\nx\n", PARTS), (PROJECTS, "country\nDE\n")],
)
def test_unreadable_file_is_refused_as_a_whole(
    consortia: Import, project_rows: str, part_rows: str
) -> None:
    with pytest.raises(Invalid):
        consortia(project_rows, part_rows)
    assert Project.select().count() == Organisation.select().count() == 0


def test_only_administrators_import(context: Context, tmp_path: Path) -> None:
    guest = Context(ANONYMOUS, clock=context.clock)
    with pytest.raises(NotAllowed):
        importing.import_consortia(guest, tmp_path / "a", tmp_path / "b", SOURCE)


def test_unknown_role_is_a_participant(consortia: Import) -> None:
    consortia(PROJECTS, "project,role,organisation,country\np1,Boss,Yard,ES\n")
    assert members() == [("p1", "Yard", "participant")]


def test_second_import_adds_nothing(consortia: Import) -> None:
    consortia()
    report = consortia()
    assert (report.added, report.recognised) == (0, 2)
    assert len(members()) == 2
    assert Project.select().count() == 1


# Taking back


def test_undo_takes_projects_and_new_organisations(
    any_app: Flask, context: Context, consortia: Import
) -> None:
    report = consortia()
    imports.undo_import(context, report.batch)
    for model in (Project, Participation, Organisation):
        assert model.select().count() == 0
    assert search(any_app, "seawise") == []


def test_undo_leaves_known_organisations_without_the_project(
    any_app: Flask, context: Context, consortia: Import
) -> None:
    for name, country in (("School of Bonn", "DE"), ("Škola Rīga", "LV")):
        make_organisation(name, country)
    report = consortia()
    assert len(search(any_app, "seawise")) == 2
    imports.undo_import(context, report.batch)
    assert Project.select().count() == 0
    assert Organisation.select().count() == 2
    assert search(any_app, "seawise") == []
    assert search(any_app, "bonn") == ["School of Bonn"]


def test_undo_keeps_what_another_import_brought(context: Context, consortia: Import) -> None:
    first = consortia()
    consortia(
        PROJECTS + "p2,OTHER,Other,2022,X\n",
        PARTS + "p2,partner,School of Bonn,DE\np1,partner,Yard,ES\n",
    )
    imports.undo_import(context, first.batch)
    assert ("p1", "Yard", "partner") in members()
    assert Project.select().count() >= 1


# The command


def test_command_reports_and_says_how_to_undo(app: Flask, tmp_path: Path) -> None:
    one, other = tmp_path / "projects.csv", tmp_path / "parts.csv"
    one.write_text(PROJECTS, encoding="utf-8")
    other.write_text(PARTS + "p9,partner,School,DE\n", encoding="utf-8")
    arguments = [str(one), str(other)]
    dry = CliRunner().invoke(
        consortia_command, [*arguments, "--dry-run", "--json"], obj=lambda: app
    )
    assert dry.exit_code == 0, dry.output
    assert json.loads(dry.stdout)["added"] == 2
    real = CliRunner().invoke(consortia_command, arguments, obj=lambda: app)
    assert "Imported 1 projects with 2 participations" in real.stdout
    assert "line 4: project: There is no project p9" in real.stderr
    assert "portal import undo " in real.stdout
    again = other.read_text() + "p1,partner,School of Bonn,DE\n"
    other.write_text(again.replace("coordinator", "partner"), encoding="utf-8")
    told = CliRunner().invoke(consortia_command, [*arguments, "--dry-run"], obj=lambda: app).stdout
    assert "1 projects without a coordinator went in: SEAWISE" in told
    assert "1 rows name a member again" in told


def test_command_refuses_in_one_line(app: Flask, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("", encoding="utf-8")
    result = CliRunner().invoke(consortia_command, [str(empty), str(empty)], obj=lambda: app)
    assert result.exit_code == 1
    assert result.stderr.strip() == "Error: The file is empty."


def test_project_finds_its_members(any_app: Flask, context: Context, consortia: Import) -> None:
    consortia()
    assert sorted(search(any_app, "fish water")) == ["School of Bonn", "Škola Rīga"]
    assert sorted(search(any_app, "seawise")) == ["School of Bonn", "Škola Rīga"]
