"""Importing consortia: who is known, who is new, and taking it all back."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from plugins.partners import demo
from plugins.partners.documents import KIND
from plugins.projects import importing
from plugins.projects.importing import Report, import_consortia
from plugins.projects.models import Participation, Project
from portal import cli, db
from portal.context import ANONYMOUS, Context
from portal.errors import Invalid, NotAllowed
from portal.organisations.models import (
    ImportBatch,
    Organisation,
    OrganisationFact,
    OrganisationIdentifier,
    Source,
)
from tests.factories import make_organisation
from tests.portal.conftest import Apart
from tests.visiting import Visitor

PROJECTS = "project,acronym,title,call_year\np1,SKILLS,Skills for all,2024\n"
PARTS = (
    "project,role,organisation,country,pic\n"
    "p1,coordinator,ESCUELA DE VIGO,ES,\n"
    "p1,partner,HANSE-PARLAMENT EV,DE,123456789\n"
    "p1,partner,School of Riga,LV,12\n"
)


@pytest.fixture
def portal(any_app: Flask) -> Flask:
    """A portal with its app context open, once on each engine."""
    with any_app.app_context():
        yield any_app


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A project and who takes part in it; the last number is none."""
    projects, parts = tmp_path / "projects.csv", tmp_path / "parts.csv"
    projects.write_text(PROJECTS, encoding="utf-8")
    parts.write_text(PARTS, encoding="utf-8")
    return projects, parts


def run(ctx: Context, files: tuple[Path, Path], dry_run: bool = False) -> Report:
    return import_consortia(ctx, *files, Source(key="list", title="The list"), dry_run)


def test_new_organisations_are_unclaimed_entries_with_sourced_facts(
    portal: Flask, ctx: Context, files: tuple[Path, Path]
) -> None:
    report = run(ctx, files)

    assert (report.projects, report.participations, report.added) == (1, 3, 3)
    names = {row.name: row.state for row in Organisation.select()}
    assert names == dict.fromkeys(
        ("Escuela de Vigo", "Hanse-Parlament e.V.", "School of Riga"), "unclaimed"
    )
    facts = {(fact.name, fact.value) for fact in OrganisationFact.select()}
    assert {("name", "ESCUELA DE VIGO"), ("country", "ES")} < facts
    assert [(row.scheme, row.value) for row in OrganisationIdentifier.select()] == [
        ("pic", "123456789")
    ]
    assert report.warnings == ["12 is no PIC number; please check its digits."]


def test_each_takes_part_also_where_the_shown_name_differs(
    portal: Flask, ctx: Context, files: tuple[Path, Path]
) -> None:
    run(ctx, files)

    assert Participation.select().count() == 3
    batch = ImportBatch.get()
    assert (batch.kind, batch.accepted) == ("consortia", 3)


def test_known_organisations_are_recognised_and_nothing_is_there_twice(
    portal: Flask, ctx: Context, files: tuple[Path, Path]
) -> None:
    make_organisation("Escuela de Vigo", "ES")
    run(ctx, files)
    again = run(ctx, files)

    assert (again.added, again.recognised) == (0, 3)
    assert Organisation.select().count() == 3
    assert Participation.select().count() == 3


def test_dry_run_writes_nothing(portal: Flask, ctx: Context, files: tuple[Path, Path]) -> None:
    assert run(ctx, files, dry_run=True).added == 3
    assert Organisation.select().count() == Project.select().count() == 0


def test_undo_takes_projects_back_and_leaves_profiles_without_them(
    portal: Flask, ctx: Context, files: tuple[Path, Path]
) -> None:
    run(ctx, files)
    with db.transaction():
        importing.undo(ctx, ImportBatch.get().id)

    assert Participation.select().count() == Project.select().count() == 0
    cards = db.query("SELECT card FROM search_document WHERE kind = ?", [KIND])
    assert len(cards) == 3
    assert not any("SKILLS" in card for (card,) in cards)


def test_words_of_projects_leave_the_search_with_the_plugin_and_come_back(
    portal: Flask, ctx: Context, files: tuple[Path, Path]
) -> None:
    run(ctx, files)
    portal.test_client_class = Apart
    registry = portal.extensions["portal"].registry

    def found() -> tuple[int, bool]:
        registry.hooks.call("upkeep_run", ctx)
        told = portal.test_client().get("/api/v1/partners?q=skills").json
        return told["total"], "SKILLS" in portal.test_client().get("/partners").text

    assert found() == (3, True)
    registry.act(ctx, "projects", "deactivate", "projects", with_others=True)
    assert found() == (0, False)
    registry.activate(ctx, "projects")
    assert found() == (3, True)


def test_file_that_breaks_off_leaves_nothing_behind(
    portal: Flask, ctx: Context, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_values: object) -> None:
        raise Invalid("The disk is full.")

    monkeypatch.setattr("plugins.projects.importing._store_parts", stop)
    with pytest.raises(Invalid):
        run(ctx, files)

    assert Organisation.select().count() == ImportBatch.select().count() == 0


def test_others_than_administrators_may_not_import(
    portal: Flask, ctx: Context, files: tuple[Path, Path]
) -> None:
    with pytest.raises(NotAllowed):
        run(ctx.as_actor(ANONYMOUS), files)


def test_command_needs_no_plugin_but_those_it_builds_on(
    make_portal, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_portal(plugins=["imports", "openapi", "partners", "projects", "search"])
    monkeypatch.setattr(cli, "load_app", lambda: app)
    cli._plugin_commands.cache_clear()
    try:
        done = CliRunner().invoke(cli.cli, ["import", "consortia", *map(str, files)])
    finally:
        cli._plugin_commands.cache_clear()

    assert "1 projects with 3 participations" in done.output


def test_demonstration_marks_what_is_made_up_and_sources_the_rest(
    portal: Flask, ctx: Context
) -> None:
    demo.load(ctx)

    made_up = Organisation.select().where(Organisation.is_fictional)
    assert made_up.count() > 30
    assert not OrganisationFact.select().where(OrganisationFact.organisation.in_(made_up)).exists()
    real = {row.id for row in Organisation.select().where(~Organisation.is_fictional)}
    assert {row.organisation_id for row in OrganisationFact.select()} == real
    found = db.query("SELECT COUNT(*) FROM search_document WHERE kind = ?", [KIND])[0][0]
    assert found == Organisation.select().count()


def test_demonstration_is_loaded_into_an_empty_site_only(portal: Flask, ctx: Context) -> None:
    make_organisation("Ours")
    demo.load(ctx)
    assert Organisation.select().count() == 1


def test_a_profile_shows_the_first_projects_and_all_on_demand(portal: Flask) -> None:
    school = make_organisation("School of Many")
    with db.transaction():
        for at in range(25):
            made = Project.create(
                key=f"many{at}", acronym=f"MANY{at:02}", title="", action="", source="list"
            )
            Participation.create(project=made, organisation=school, role="partner")
    look = Visitor(portal.test_client())
    page = look(f"/partners/{school.slug}").text
    assert ">MANY19</th>" in page and ">MANY20</th>" not in page
    assert "Show all 25 projects" in page
    page = look(f"/partners/{school.slug}?projects=all").text
    assert ">MANY24</th>" in page and "Show all" not in page
