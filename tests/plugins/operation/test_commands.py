"""The doctor, back-ups and the demonstration on the command line; they work beside a broken plugin."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from plugins.operation.demo import ACCOUNTS, load, made_up_password
from portal import cli, db
from portal.errors import ConfigError, Conflict, Invalid, NotFound
from portal.people.rules import check_password
from tests.portal.test_kernel_steps import FIRST, add_steps
from tests.throwaway import PAGES, write_plugin

Portal = Callable[..., Result]
HOME = Path(__file__).parents[3] / "plugins" / "operation"


@pytest.fixture
def portal(
    plugin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Portal]:
    """Run commands in an instance folder of their own, where only Operation was found."""
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path / "instance"))
    (plugin_folder / "operation").symlink_to(HOME)

    def forget() -> None:
        cli.load_app.cache_clear()
        cli._plugin_commands.cache_clear()

    def run(*arguments: str, input: str | None = None) -> Result:
        forget()
        return CliRunner().invoke(cli.cli, arguments, input=input)

    yield run
    forget()
    if db.database.obj is not None and not db.database.is_closed():
        db.database.close()


def test_the_doctor_names_a_broken_plugin_and_fails(plugin_folder: Path, portal: Portal) -> None:
    write_plugin(plugin_folder, "faulty", "import nothing_of_that_name")
    portal("init")

    result = portal("doctor")

    assert result.exit_code == 1
    assert "plugin faulty" in result.output
    assert "plugin.py:1" in result.output


def test_the_doctor_says_what_to_do_before_anything_is_prepared(portal: Portal) -> None:
    result = portal("doctor")

    assert result.exit_code == 1
    assert "Run: portal init" in result.output


def test_the_doctor_reports_as_json(portal: Portal) -> None:
    portal("init")

    checks = json.loads(portal("doctor", "--json").output)

    assert {"name", "state", "detail", "remedy"} <= set(checks[0])
    assert {check["state"] for check in checks} <= {"ok", "off", "bad"}


def test_a_backup_can_be_put_back(portal: Portal, tmp_path: Path) -> None:
    portal("init")
    portal(
        "user", "create", "first@school.example", "--name", "First", input="clear water runs\n" * 2
    )
    copy = tmp_path / "copy.db"
    assert portal("db", "backup", str(copy)).exit_code == 0
    with db.transaction():
        db.execute("UPDATE heartbeat SET catalogue_seq = 99 WHERE id = 1")

    restored = portal("db", "restore", str(copy), "--yes")

    assert restored.exit_code == 0, restored.output
    assert portal("db", "check").output == "The database is sound.\n"
    assert db.query("SELECT catalogue_seq FROM heartbeat")[0][0] != 99


def test_a_file_that_is_no_backup_is_refused_and_nothing_is_replaced(
    portal: Portal, tmp_path: Path
) -> None:
    portal("init")
    wrong = tmp_path / "letter.txt"
    wrong.write_text("Dear partner", encoding="utf-8")

    result = portal("db", "restore", str(wrong), "--yes")

    assert isinstance(result.exception, ConfigError)
    assert portal("db", "check").exit_code == 0


def test_without_a_usable_setting_the_missing_commands_are_explained(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", "mysql://db.example/portal")

    result = portal("doctor")

    assert result.exit_code != 0
    assert "mysql://db.example" in result.output


def test_several_processes_are_offered_while_the_plugin_is_on_and_serving_is_always(
    portal: Portal,
) -> None:
    portal("init")
    assert "--processes" in portal("serve", "--help").output

    portal("plugin", "deactivate", "operation")

    plain = portal("serve", "--help")
    assert plain.exit_code == 0
    assert "--processes" not in plain.output


def test_no_password_of_a_demonstration_is_refused() -> None:
    for _time in range(2_000):
        for email, _role, name, _what in ACCOUNTS:
            check_password(made_up_password(), email, name)


def state_of(portal: Portal, plugin: str) -> str:
    found = json.loads(portal("plugin", "list", "--json").output)
    return next((row["state"] for row in found if row["id"] == plugin), "gone")


@pytest.fixture
def shop(plugin_folder: Path, portal: Portal) -> Path:
    """An active plugin with a table in a portal without Site Setup."""
    home = write_plugin(plugin_folder, "shop", PAGES.format(id="shop"))
    add_steps(home, FIRST)
    portal("init")
    assert "shop: active" in portal("plugin", "activate", "shop").output
    return home


@pytest.mark.usefixtures("shop")
def test_without_site_setup_a_plugin_is_uninstalled_and_keeps_its_data(portal: Portal) -> None:
    planned = portal("plugin", "uninstall", "shop", "--plan")
    assert "shop_item: 1 rows" in planned.output
    assert state_of(portal, "shop") == "active"

    done = portal("plugin", "uninstall", "shop")

    assert done.exit_code == 0, done.output
    assert "shop: uninstalled" in done.output
    assert db.query("SELECT word FROM shop_item") == [("first",)]
    again = json.loads(portal("plugin", "uninstall", "shop", "--json").output)
    assert again["is_idle"]


@pytest.mark.usefixtures("shop")
def test_a_purge_asks_for_the_id_and_says_where_the_data_was_written(portal: Portal) -> None:
    wrong = portal("plugin", "uninstall", "shop", "--purge", input="shpo\n")
    assert isinstance(wrong.exception, Invalid)
    unasked = portal("plugin", "uninstall", "shop", "--purge", "--json")
    assert isinstance(unasked.exception, Invalid)
    assert state_of(portal, "shop") == "active"

    done = portal("plugin", "uninstall", "shop", "--purge", input="shop\n")

    assert done.exit_code == 0, done.output
    written = re.search(r"Written to (.+\.json)\.", done.output)
    assert written
    assert json.loads(Path(written[1]).read_text())["tables"]["shop_item"]["rows"] == [[1, "first"]]
    assert "shop_item" not in db.database.get_tables()
    assert state_of(portal, "shop") == "uninstalled"


def test_what_is_left_of_missing_code_is_forgotten(shop: Path, portal: Portal) -> None:
    early = portal("plugin", "forget", "shop", "--confirm", "shop")
    assert isinstance(early.exception, Conflict)
    assert "Its code is here" in str(early.exception.message)
    shutil.rmtree(shop)
    assert state_of(portal, "shop") == "missing"

    done = portal("plugin", "forget", "shop", "--confirm", "shop")

    assert done.exit_code == 0, done.output
    assert "shop: forgotten" in done.output
    assert state_of(portal, "shop") == "gone"
    assert "shop_item" not in db.database.get_tables()


def test_an_unknown_plugin_is_refused_with_the_names_of_those_there_are(
    shop: Path, portal: Portal
) -> None:
    for command in ("uninstall", "forget"):
        result = portal("plugin", command, f"{shop.name}p", "--confirm", "shopp")
        assert isinstance(result.exception, NotFound)
        assert "operation, shop" in str(result.exception.message)


def test_the_demonstration_fills_first_what_others_build_on(
    make_portal: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_portal(plugins=["composer", "operation"])
    hooks = app.extensions["portal"].registry.hooks
    told: list[str] = []
    monkeypatch.setattr(hooks, "call", lambda *_asked, **_values: [])
    monkeypatch.setattr(hooks, "tell", lambda plugin, *_asked, **_values: told.append(plugin))
    with app.app_context():
        load(app)
    assert told.index("consortia") < told.index("composer")
