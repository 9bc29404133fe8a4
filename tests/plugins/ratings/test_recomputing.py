"""Whoever computes the scores again, with the portal or without it, gets the same ones."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugins.ratings import parameters, sandbox
from plugins.ratings.cli import group
from plugins.ratings.parameters import Parameters
from plugins.ratings.rowsfile import BACKFILLED, HOST, LEARNER, Row, write
from plugins.ratings.sandbox import World, honest_world

EXAMPLE = Path(__file__).parents[3] / "docs/examples/recompute_scores.py"


def everything() -> World:
    """A world with every rule at work: roles, questions, backfill and all attacks."""
    world = honest_world(5, 60, 9, poor=5)
    names = sorted(world.quality)
    sandbox.ring(world, names[:5], part=0.7)
    sandbox.one_way_ring(world, [*names[40:45]], 4)
    sandbox.sock_puppets(world, names[10], 30, 5, 1)
    sandbox.sock_puppets(world, names[11], 30, 1, 15)
    sandbox.burst(world, names[12], names[20:32], date(2026, 4, 1))
    sandbox.exchange(world, names[13], names[14], 8)
    sandbox.fabricate(world, names[5:8])
    for number, rater in enumerate(names[15:19]):
        world.rate(rater, "new", 2 + number % 3, role=HOST)
        world.rate("new", rater, 4, evidence=BACKFILLED)
        world.rate(rater, "newer", 5, evidence=BACKFILLED)
    for number, row in enumerate(world.rows[::7]):
        more = row._replace(rating_id=f"m{number}", criterion="safety", stars=1 + number % 5)
        world.rows.append(more._replace(role=LEARNER) if number % 2 else more)
    return world


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return stored(everything().rows, tmp_path / "rows.csv")


def stored(rows: list[Row], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as opened:
        write(rows, opened)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["score", *map(str, arguments)])


def recomputed(*arguments: object) -> list[dict[str, object]]:
    command = [sys.executable, "-I", str(EXAMPLE), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["scores"]


def assert_equal(one: list[dict[str, object]], other: list[dict[str, object]]) -> None:
    assert len(one) == len(other) > 0
    by_name = {found["organisation"]: found for found in other}
    for found in one:
        assert found == pytest.approx(by_name[found["organisation"]], abs=1e-9)


def test_the_example_agrees_with_the_command_to_nine_decimals(file: Path) -> None:
    result = run(file, "--json")
    assert result.exit_code == 0, result.output
    assert_equal(json.loads(result.stdout)["scores"], recomputed(file))


@pytest.mark.parametrize(
    "other",
    [
        Parameters(half_life_days=365, prior_weight=7, likely_percent=80, minimum_raters=5),
        Parameters(damped_weight=0.3, backfill_weight=0.5, caution=0, ramp=1),
        Parameters(groups=False, strangers=False, reciprocity=False),
        Parameters(bursts=False, monocultures=False, one_voice=False),
    ],
)
def test_they_agree_with_other_parameters_too(
    file: Path, tmp_path: Path, other: Parameters
) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps({"parameters": other.as_dict()}), encoding="utf-8")
    shown = json.loads(run(file, "--json", "--parameters", path).stdout)["scores"]
    assert_equal(shown, recomputed(file, path))
    assert shown != json.loads(run(file, "--json").stdout)["scores"]


def test_a_rule_less_in_the_portal_would_be_noticed(file: Path, tmp_path: Path) -> None:
    usual = recomputed(file)
    for rule in ("groups", "strangers", "bursts", "monocultures", "reciprocity", "one_voice"):
        path = tmp_path / f"{rule}.json"
        path.write_text(json.dumps(replace(Parameters(), **{rule: False}).as_dict()), "utf-8")
        with pytest.raises(AssertionError):
            assert_equal(
                json.loads(run(file, "--json", "--parameters", path).stdout)["scores"], usual
            )


def test_json_has_what_is_promised_in_the_order_of_lists(file: Path) -> None:
    shown = json.loads(run(file, "--json").stdout)["scores"]
    wanted = {"organisation", "score", "low", "high", "raters", "rank_value"}
    assert all(wanted <= set(one) for one in shown)
    assert [one["rank_value"] for one in shown] == sorted(
        (one["rank_value"] for one in shown), reverse=True
    )


def test_without_json_each_organisation_is_a_line(tmp_path: Path) -> None:
    path = stored(honest_world(1, 5, 4).rows, tmp_path / "rows.csv")
    lines = run(path).output.splitlines()
    assert len(lines) == 5
    assert "raters 4, people 4" in lines[0]


def test_a_bad_file_is_refused_with_its_lines(tmp_path: Path) -> None:
    path = stored(honest_world(1, 5, 4).rows, tmp_path / "rows.csv")
    path.write_text(path.read_text("utf-8").replace(",overall,", ",overall,9", 1), "utf-8")
    result = run(path, "--json")
    assert result.exit_code == 1
    assert "Line 2: Stars are 1, 2, 3, 4 or 5" in result.output
    assert "scores" not in result.output


@pytest.mark.parametrize(
    "text",
    ["no json", "[]", '{"speed": 1}', '{"z": 2}', '{"groups": 1}', '{"ramp": "x"}', '{"noise": -1}',
     '{"likely_percent": 100}', '{"prior_weight": 0}', '{"ramp": NaN}', '{"ramp": 0}'],
)  # fmt: skip
def test_bad_parameters_are_refused(file: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(text, "utf-8")
    result = run(file, "--parameters", path)
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_settings_become_parameters() -> None:
    values = {"half_life_days": 365, "prior_weight": 4, "likely_percent": 80, "minimum_raters": 4,
              "backfill_percent": 10, "damped_percent": 2, "smallest_cell": 5, "other": 1}  # fmt: skip
    found = parameters.from_settings(values)
    assert (found.half_life_days, found.prior_weight, found.likely_percent) == (365, 4, 80)
    assert (found.backfill_weight, found.damped_weight, found.smallest_cell) == (0.1, 0.02, 5)
    assert found.minimum_raters == 4


def test_the_settings_begin_as_the_defaults_of_the_method() -> None:
    manifest = Path(parameters.__file__).with_name("plugin.toml")
    import tomllib

    stated = tomllib.loads(manifest.read_text("utf-8"))["settings"]
    values = {key: item["default"] for key, item in stated.items()}
    assert parameters.from_settings(values) == Parameters()
    assert Parameters().z == pytest.approx(1.6449, abs=1e-4)
