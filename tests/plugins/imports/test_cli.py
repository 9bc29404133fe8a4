"""`portal import organisations` and `portal import undo`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from plugins.imports.cli import group
from portal.organisations.models import ImportBatch, Organisation, Source
from tests.plugins.imports.conftest import workbook


@pytest.fixture
def portal(make_portal) -> Flask:
    return make_portal(plugins=["imports"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with two good rows, a bad one and a column nobody knows."""
    path = tmp_path / "schools.csv"
    path.write_text("name,country,shoe\nA,DE,1\nB,XX,2\na,DE,3\n", encoding="utf-8")
    return path


def run(portal: Flask, *arguments: object) -> Result:
    return CliRunner().invoke(group, [str(item) for item in arguments], obj=lambda: portal)


def test_import_reports_each_problem_and_how_to_undo(portal: Flask, file: Path) -> None:
    result = run(portal, "organisations", file)
    assert result.exit_code == 0, result.output
    batch = ImportBatch.get().public_id
    assert result.output.splitlines() == [
        "These columns are ignored: shoe.",
        "Line 3, country, left out: XX is no two-letter country code. The nearest is XK.",
        "Line 4, likely a duplicate: a. Same name and country as line 2, A.",
        "2 organisations went in, 1 rows were left out, 1 are likely duplicates. "
        f"Batch {batch}; take it back with: portal import undo {batch}",
    ]


def test_import_as_json(portal: Flask, file: Path) -> None:
    report = json.loads(run(portal, "organisations", file, "--json").output)
    assert report["accepted"] == 2
    assert report["batch"] == ImportBatch.get().public_id
    assert report["rejected"][0]["line"] == 3
    assert report["duplicates"][0]["kind"] == "name"


def test_dry_run_writes_nothing(portal: Flask, file: Path) -> None:
    result = run(portal, "organisations", file, "--dry-run")
    assert result.exit_code == 0
    assert "Nothing was written." in result.output
    assert Organisation.select().count() == 0


def test_long_lists_are_cut_unless_all_is_asked_for(portal: Flask, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("name,country\nA,DE\n" + ",DE\n" * 23, encoding="utf-8")
    short = run(portal, "organisations", file, "--dry-run").output
    assert short.count("left out: Write") == 20
    assert "... and 3 more of this kind" in short
    assert run(portal, "organisations", file, "--dry-run", "--all").output.count("Write") == 23


def test_nothing_imported_is_a_failure(portal: Flask, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("name,country\n,DE\n", encoding="utf-8")
    result = run(portal, "organisations", file)
    assert result.exit_code == 1
    assert "Nothing was imported" in result.output


def test_unreadable_file_is_one_clear_line(portal: Flask, tmp_path: Path) -> None:
    file = tmp_path / "empty.csv"
    file.write_bytes(b"")
    result = run(portal, "organisations", file)
    assert result.exit_code == 1
    assert result.output == "Error: The file is empty.\n"


def test_new_source_needs_a_title(portal: Flask, file: Path) -> None:
    refused = run(portal, "organisations", file, "--source", "register")
    assert refused.exit_code == 2
    assert "--source-title" in refused.output
    options = ("--source", "register", "--source-title", "The register", "--source-licence", "CC0")
    assert run(portal, "organisations", file, *options).exit_code == 0
    assert Source.get_by_id("register").title == "The register"
    assert run(portal, "organisations", file, "--source", "register").exit_code == 0


def test_undo_takes_it_back(portal: Flask, file: Path) -> None:
    run(portal, "organisations", file)
    batch = ImportBatch.get().public_id
    Organisation.update(version=2).where(Organisation.name == "A").execute()
    assert "1 organisations would be removed" in run(portal, "undo", batch, "--dry-run").output
    result = run(portal, "undo", batch)
    assert "Kept: A (it was changed since)" in result.output
    assert [row.name for row in Organisation.select()] == ["A"]
    again = run(portal, "undo", batch, "--json")
    assert again.exit_code == 1
    assert again.output == "Error: This batch was undone before.\n"


def test_list_again_shows_the_difference_before_it_is_done(portal: Flask, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    options = ("--source", "register", "--source-title", "The register")
    head = "name,country,city,identifiers\n"
    file.write_text(f"{head}A,DE,Bonn,pic:123456789\n", encoding="utf-8")
    first = run(portal, "organisations", file, *options)
    file.write_text(f"{head}B,DE,Ulm,pic:123456789\n", encoding="utf-8")
    Organisation.update(city="Trier").execute()
    dry = run(portal, "organisations", file, *options, "--dry-run").output.splitlines()
    assert dry[:2] == [
        "Line 2, B: Name: A becomes B.",
        "Line 2, B: Town stays Trier, edited by hand; the file says Ulm.",
    ]
    assert dry[-1].startswith("Known already: 1 brought up to date, 0 as they were; in 1")
    assert Organisation.get().name == "A"
    done = run(portal, "organisations", file, *options)
    assert done.exit_code == 0
    assert (Organisation.get().name, Organisation.get().city) == ("B", "Trier")
    batch = ImportBatch.get(ImportBatch.id != ImportBatch.get().id).public_id
    assert f"portal import undo {batch}" in done.output
    assert "as they are" not in run(portal, "undo", batch).output
    assert (Organisation.get().name, first.exit_code) == ("A", 0)


def test_workbook_is_taken_too(portal: Flask, tmp_path: Path) -> None:
    file = tmp_path / "schools.xlsx"
    file.write_bytes(workbook(["Name", "Country"], ["A", "DE"], ["B", ""]))
    assert "1 organisations went in, 1 rows" in run(portal, "organisations", file).output


def test_fictional_marks_them(portal: Flask, file: Path) -> None:
    run(portal, "organisations", file, "--fictional")
    assert all(row.is_fictional for row in Organisation.select())
