"""`portal plugin new`: a plugin that works at once, and clear words where it can't be written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugins.authoring import cli, writing
from portal.errors import ConfigError
from tests.test_promises import ROOT


@pytest.fixture
def written(plugin_folder: Path) -> Path:
    """A new plugin, as the command writes it."""
    result = CliRunner().invoke(cli.new, ["round_trips", "--folder", str(plugin_folder)])
    assert result.exit_code == 0, result.output
    assert "portal plugin activate round_trips" in result.output
    return plugin_folder / "round_trips"


def test_a_new_plugin_has_all_its_rooms_under_its_own_name(written: Path) -> None:
    files = {str(path.relative_to(written)) for path in written.rglob("*") if path.is_file()}

    assert files >= {
        "README.md",
        "plugin.toml",
        "plugin.py",
        "migrations/0001_create_notes.sql",
        "templates/round_trips/notes.html",
        "translations/de/LC_MESSAGES/messages.po",
        "tests/test_round_trips.py",
    }
    everything = "".join(path.read_text(encoding="utf-8") for path in written.rglob("*.*"))
    assert not re.search("(NAME|TITLE|SLUG)(?!SPACE)", everything)
    assert 'title = "Round trips"' in everything
    assert 'url_prefix="/round-trips"' in everything


def test_the_tests_of_a_new_plugin_pass_at_once(written: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(written)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert "8 passed" in done.stdout


def test_a_new_plugin_has_nothing_to_mend(written: Path) -> None:
    result = CliRunner().invoke(cli.check, [str(written)])

    assert result.output == "Nothing to mend in round_trips.\n"


def test_a_new_plugin_is_written_in_the_style_of_the_house(written: Path, tmp_path: Path) -> None:
    (tmp_path / "portal").symlink_to(ROOT / "portal")
    (tmp_path / "ruff.toml").write_text((ROOT / "ruff.toml").read_text())
    ruff = [sys.executable, "-m", "ruff"]

    for act in (["check", "--no-cache"], ["format", "--no-cache", "--check"]):
        done = subprocess.run(
            [*ruff, *act, "plugins"], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


REFUSED = {
    "Round Trips": "How about 'round_trips'?",
    "2trips": "How about 'trips'?",
    "x": "2 to 30 small letters",
    "import": "can't be a plugin's id",
    "people": "the portal's own",
    "shops": "There is a plugin 'shops' already",
    "shops_near": "would mix",
    "round": "would mix",
    "there": "is there already",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_cannot_be_used_is_refused_with_the_remedy(name: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()

    with pytest.raises(ConfigError) as refused:
        writing.write(name, tmp_path, ["shops", "round_tables"])

    assert REFUSED[name] in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        writing.write("trips", tmp_path / "nowhere")
