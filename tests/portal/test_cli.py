"""The command `portal`: works before anything is prepared, and beside a plugin that is broken."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal import cli, db
from tests.throwaway import write_pages, write_plugin

Portal = Callable[..., Result]

ROOT = Path(__file__).parent.parent.parent
COMMAND = """
import click
from portal.hookspecs import hookimpl

@click.command("wave")
def wave():
    click.echo("hello from a plugin")

@hookimpl
def command_list(ctx):
    return [("", wave)]
"""


@pytest.fixture
def portal(
    plugin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Portal]:
    """Run commands in an instance folder of their own, each as if in a new process."""
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path / "instance"))

    def run(*arguments: str, input: str | None = None) -> Result:
        cli.load_app.cache_clear()
        cli._plugin_commands.cache_clear()
        return CliRunner().invoke(cli.cli, arguments, input=input)

    yield run
    cli.load_app.cache_clear()
    cli._plugin_commands.cache_clear()
    if db.database.obj is not None and not db.database.is_closed():
        db.database.close()


def test_help_works_before_anything_is_prepared(portal: Portal) -> None:
    result = portal("--help")

    assert result.exit_code == 0
    assert "init" in result.output
    assert "plugin" in result.output


def test_init_can_be_repeated(portal: Portal) -> None:
    assert portal("init").exit_code == 0

    again = portal("init")

    assert again.exit_code == 0
    assert "0 steps" in again.output


def test_init_switches_on_what_asks_for_it(plugin_folder: Path, portal: Portal) -> None:
    write_pages(plugin_folder, "eager", manifest='on_init = "activate"')
    write_pages(plugin_folder, "shy")
    portal("init")

    listed = json.loads(portal("plugin", "list", "--json").output)

    assert {entry["id"]: entry["state"] for entry in listed} == {
        "eager": "active",
        "shy": "discovered",
    }


def test_init_leaves_off_what_was_switched_off(plugin_folder: Path, portal: Portal) -> None:
    write_pages(plugin_folder, "eager", manifest='on_init = "activate"')
    portal("init")
    portal("plugin", "deactivate", "eager")

    portal("init")

    assert json.loads(portal("plugin", "list", "--json").output)[0]["state"] == "installed"


def test_a_plugin_is_switched_on_and_off(plugin_folder: Path, portal: Portal) -> None:
    write_pages(plugin_folder, "shop")
    portal("init")

    assert portal("plugin", "activate", "shop").output.endswith("shop: active\n")
    assert "active" in portal("plugin", "list").output
    assert portal("plugin", "deactivate", "shop").output.endswith("shop: installed\n")


def test_commands_of_a_plugin_come_and_go_with_it(plugin_folder: Path, portal: Portal) -> None:
    write_plugin(plugin_folder, "shop", COMMAND)
    portal("init")
    assert portal("wave").exit_code != 0

    portal("plugin", "activate", "shop")
    assert portal("wave").output == "hello from a plugin\n"

    portal("plugin", "deactivate", "shop")
    assert portal("wave").exit_code != 0


def test_a_plugin_cannot_take_the_place_of_a_command(plugin_folder: Path, portal: Portal) -> None:
    write_plugin(plugin_folder, "shop", COMMAND.replace('"wave"', '"init"'))
    portal("init")
    portal("plugin", "activate", "shop")

    assert "hello from a plugin" not in portal("init").output


GROUP = """
import click
from portal.hookspecs import hookimpl

@click.group("post")
def post():
    \"\"\"Send and fetch.\"\"\"

@post.command("send")
def send():
    click.echo("sent")

@hookimpl
def command_list(ctx):
    return [("", post)]
"""


def test_plugins_share_a_group_in_any_order(plugin_folder: Path, portal: Portal) -> None:
    write_plugin(plugin_folder, "shop", COMMAND.replace('("", wave)', '("post", wave)'))
    write_plugin(plugin_folder, "zoo", GROUP)
    portal("init")
    portal("plugin", "activate", "shop")
    assert portal("post", "wave").output == "hello from a plugin\n"
    assert portal("post", "send").exit_code != 0

    portal("plugin", "activate", "zoo")
    assert "Send and fetch." in portal("post", "--help").output
    assert portal("post", "wave").output == "hello from a plugin\n"
    assert portal("post", "send").output == "sent\n"

    portal("plugin", "deactivate", "shop")
    assert portal("post", "wave").exit_code != 0
    assert portal("post", "send").output == "sent\n"


FAULTS = {
    "import error": "import nothing_of_that_name",
    "exit at import": "raise SystemExit(3)",
    "syntax error": "def broken(:",
    "commands that can't be made": COMMAND.replace('return [("", wave)]', "1 / 0"),
    "commands of the wrong kind": COMMAND.replace('return [("", wave)]', "return [wave]"),
    "a pair of the wrong kind": COMMAND.replace('("", wave)', '("wave",)'),
}


@pytest.mark.parametrize("name", FAULTS)
def test_an_active_plugin_that_breaks_can_still_be_looked_at_and_switched_off(
    name: str, plugin_folder: Path, portal: Portal
) -> None:
    home = write_pages(plugin_folder, "faulty")
    portal("init")
    portal("plugin", "activate", "faulty")
    (home / "plugin.py").write_text(FAULTS[name], encoding="utf-8")
    for module in [name for name in sys.modules if name.startswith("plugins.faulty")]:
        del sys.modules[module]

    assert portal("--help").exit_code == 0
    assert portal("init").exit_code == 0
    assert "faulty" in portal("plugin", "list").output
    assert portal("plugin", "deactivate", "faulty").exit_code == 0


def test_the_plan_of_an_upgrade_names_steps_and_runs_none(portal: Portal) -> None:
    portal("init")

    assert portal("db", "upgrade", "--plan").output == "Nothing to do.\n"


# As people start it: processes of their own.


def start(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PORTAL_INSTANCE": str(tmp_path / "instance")}
    return subprocess.run(
        [sys.executable, "-m", "portal", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plugin", "list"), "portal init"),
        (("plugin", "deactivate", "nobody"), "portal init"),
        (("worke",), "worke"),
    ],
)
def test_a_refusal_is_one_clear_line(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = start(tmp_path, *arguments)

    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def first_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    assert start(folder, "init").returncode == 0
    return folder / "instance"


@pytest.fixture
def instance(first_instance: Path, tmp_path: Path) -> Path:
    """An instance as `portal init` leaves it."""
    return Path(shutil.copytree(first_instance, tmp_path / "instance"))


@pytest.mark.usefixtures("instance")
def test_an_unknown_plugin_is_refused_in_one_line(tmp_path: Path) -> None:
    done = start(tmp_path, "plugin", "activate", "nobody")

    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("Error: There is no plugin nobody.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(address: str, tries: int = 150) -> bytes:
    for _try in range(tries):
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return bytes(answer.read())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} did not answer")


WITHOUT_PLUGINS = """
import importlib
importlib.import_module("plugins").__path__[:] = []
from portal.cli import main
main()
"""


@pytest.mark.parametrize("command", [("-m", "portal"), ("-c", WITHOUT_PLUGINS)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_cleanly_and_leaves_nobody_behind(
    number: signal.Signals, command: tuple[str, str], instance: Path
) -> None:
    port = free_port()
    environment = {**os.environ, "PORTAL_INSTANCE": str(instance)}
    running = subprocess.Popen(
        [sys.executable, *command, "serve", "--port", str(port)], cwd=ROOT, env=environment
    )
    try:
        assert fetch(f"http://127.0.0.1:{port}/readyz") == b"ready\n"
        running.send_signal(number)
        assert running.wait(15) == 0
    finally:
        running.kill()
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), 1):
        pass


def test_a_plugin_that_exits_at_import_can_be_switched_off(
    portal: Portal, plugin_folder: Path
) -> None:
    write_pages(plugin_folder, "gone")
    portal("init")
    portal("plugin", "activate", "gone")
    (plugin_folder / "gone" / "plugin.py").write_text("raise SystemExit(3)\n")
    forget("gone")

    assert "broken" in portal("plugin", "list").output
    assert portal("--help").exit_code == 0
    result = portal("plugin", "deactivate", "gone")

    assert result.exit_code == 0, result.output
    assert db.query("SELECT state FROM plugin WHERE id = 'gone'") == [("installed",)]


def test_a_plugin_that_ends_the_process_is_switched_off_without_being_imported(
    portal: Portal, plugin_folder: Path, tmp_path: Path
) -> None:
    write_pages(plugin_folder, "deadly")
    portal("init")
    portal("plugin", "activate", "deadly")
    note = tmp_path / "imported"  # instead of os._exit, which would end the tests
    (plugin_folder / "deadly" / "plugin.py").write_text(f"open({str(note)!r}, 'w').close()\n")
    forget("deadly")

    result = portal("plugin", "deactivate", "deadly", "--import-nothing")

    assert result.exit_code == 0, result.output
    assert db.query("SELECT state FROM plugin WHERE id = 'deadly'") == [("installed",)]
    assert not note.exists()
    portal("plugin", "list")
    assert note.exists()  # the note would have been written


def forget(plugin: str) -> None:
    """Let a plugin be imported anew, as in a new process."""
    for name in [name for name in sys.modules if name.startswith(f"plugins.{plugin}")]:
        del sys.modules[name]
