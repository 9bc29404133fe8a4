"""The public lists of the demonstration set are whole, and hold no made-up organisation."""

import csv
import json
import re
import tomllib
from pathlib import Path

from plugins.directory.names import soften
from plugins.partners.codes import DATA
from plugins.projects.demo import DATA as DEMO


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_real_participation_belongs_to_a_project_and_a_country() -> None:
    projects = {row["project"] for row in table(DEMO / "cove-projects.csv")}
    rows = table(DEMO / "cove-participations.csv")
    assert len(projects) == 8 and len(rows) == 258
    assert {row["role"] for row in rows} == {
        *("coordinator", "partner", "associated_partner", "affiliated_entity"),
    }
    for row in rows:
        assert row["project"] in projects
        assert row["organisation"] and re.fullmatch("[A-Z]{2}", row["country"])


def test_inferred_countries_of_the_founding_project_are_marked() -> None:
    project = json.loads((DEMO / "eukcem-ii.json").read_text("utf-8"))
    assert project["coordinator"]["country_basis"] == "stated"
    assert all(part["country_basis"].startswith("inferred") for part in project["partners"])


def test_every_source_names_title_publisher_licence_and_existing_files() -> None:
    sources = tomllib.loads((DEMO / "sources.toml").read_text("utf-8"))
    for source in sources.values():
        assert source["title"] and source["publisher"] and source["licence"] and source["note"]
        assert all((DEMO / name).exists() for name in source["files"])


def test_made_up_names_and_towns_are_nobody_in_the_real_part() -> None:
    fictional = json.loads((DATA / "demo" / "fictional.json").read_text("utf-8"))
    real = " ".join(row["organisation"] for row in table(DEMO / "cove-participations.csv"))
    for row in table(DEMO / "accredited-at.csv"):
        real += f" {row['name']} {row['town']}"
    for entry in fictional:
        assert entry["name"].casefold() not in real.casefold()
        assert entry["town"].casefold() not in real.casefold()


def test_softening_changes_nothing_but_the_case_and_points_of_legal_forms() -> None:
    for row in table(DEMO / "cove-participations.csv"):
        name = row["organisation"]
        shown = soften(name).replace("e.V.", "EV").replace("z.s.", "ZS")
        assert shown.upper() == name.upper()
        assert soften(soften(name)) == soften(name)
