"""docs/writing-a-plugin.md, done as it says: files written, commands run, pages opened."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_promises import ROOT, code_lines

PAGE = ROOT / "docs" / "writing-a-plugin.md"
BLOCK = re.compile(
    r"^```(\w+)(?: (\S+))?\n(.*?)^```$|http://127\.0\.0\.1:8000(/[\w/-]*)", re.M | re.S
)
OPEN = """
import sys
from portal.app import create_app
answer = create_app().test_client().get(sys.argv[1], base_url="http://127.0.0.1:8000")
sys.exit(0 if answer.status_code == 200 else f"{sys.argv[1]}: {answer.status_code}")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout to write into, with the tools for plugin authors alone."""
    for name in ("portal", "templates", "translations", "setup.cfg"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "plugins").mkdir()
    for name in ("__init__.py", "authoring"):
        (tmp_path / "plugins" / name).symlink_to(ROOT / "plugins" / name)
    return tmp_path


def run(folder: Path, *command: str) -> tuple[int, str]:
    """Run a command as a reader would; return its exit status and what it said."""
    python = [sys.executable, "-m", "portal"], [sys.executable]
    words = {"portal": python[0], "python": python[1]}.get(command[0], [command[0]])
    env = {name: text for name, text in os.environ.items() if not name.startswith("PORTAL_")}
    env |= {"PYTHONPATH": str(folder), "PORTAL_INSTANCE": str(folder / "instance")}
    done = subprocess.run(
        [*words, *command[1:]], cwd=folder, env=env, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def steps(text: str) -> Iterator[tuple[str, list[str]]]:
    """Split a block of commands into each command with the lines it should say."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, *lines = part.rstrip("\n").split("\n")
        yield command, lines


def expected(lines: list[str]) -> str:
    """Return the pattern of an output; a line of three dots stands for any lines."""
    return "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in lines)


@pytest.mark.long
def test_a_reader_who_follows_the_page_gets_what_it_says(checkout: Path) -> None:
    code, said = run(checkout, "portal", "init")
    assert code == 0, said
    done = {"files": 0, "commands": 0, "pages": 0}
    for language, name, text, address in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if address:
            code, said = run(checkout, "python", "-c", OPEN, address)
            assert code == 0, said
            done["pages"] += 1
        elif name:
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).write_text(text, encoding="utf-8")
            done["files"] += 1
        elif language == "console":
            for command, lines in steps(text):
                code, said = run(checkout, *shlex.split(command))
                assert code == (1 if "1 to mend." in lines else 0), (command, said)
                assert re.fullmatch(expected(lines), said), (command, said)
                done["commands"] += 1

    assert done == {"files": 5, "commands": 13, "pages": 2}


def test_the_smallest_plugin_has_at_most_fifteen_lines(tmp_path: Path) -> None:
    blocks = {name: text for _language, name, text, _address in BLOCK.findall(PAGE.read_text())}
    path = tmp_path / "plugin.py"
    path.write_text(blocks["plugins/hello/plugin.py"], encoding="utf-8")

    assert code_lines(path) <= 15


def test_links_of_the_page_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).exists(), target
