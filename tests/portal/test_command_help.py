"""Help of commands: in the operator's language, the core's and the plugins' alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from click.testing import CliRunner

from portal import cli, command_help, db
from portal.i18n import Catalogues, locale
from tests.throwaway import write_plugin
from translations.manage import Area, command_texts, extract

TEXTS = {
    "Run and look after a partner-network portal.": "Ein Portal betreiben.",
    "Create the database or bring it up to date; safe to repeat.": "Die Datenbank anlegen.",
    "Say which plugins there are and how they are.": "Die Erweiterungen nennen.",
    "Report as JSON.": "Als JSON berichten.",
    "Show this message and exit.": "Diese Hilfe zeigen.",
    "Usage:": "Aufruf:",
}
PLUGIN = '''
import click
from portal.hookspecs import hookimpl

@click.group("sea", help="What the sea does.")
def sea():
    pass

@sea.command("wave")
@click.option("--high", is_flag=True, help="A high one.")
def wave(high):
    """Send a wave.

    It comes back.
    """
    click.echo("splash")

@hookimpl
def command_list(ctx):
    return [("", sea)]
'''
PLUGIN_TEXTS = {
    "What the sea does.": "Was das Meer tut.",
    "Send a wave.\n\nIt comes back.": "Eine Welle senden.\n\nSie kommt zurück.",
    "A high one.": "Eine hohe.",
}


def write_german(folder: Path, texts: dict[str, str]) -> None:
    catalogue = Catalog(locale="de")
    for message, text in texts.items():
        catalogue.add(message, text)
    path = folder / "de" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalogue)


@pytest.fixture
def portal(
    plugin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., str]]:
    """Run commands with a small German catalogue and a plugin that has its own."""
    write_german(tmp_path / "house", TEXTS)
    write_plugin(plugin_folder, "sea", PLUGIN, manifest='on_init = "activate"')
    write_german(plugin_folder / "sea" / "translations", PLUGIN_TEXTS)
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path / "instance"))
    merged = Catalogues([tmp_path / "house"])
    for module in ("portal.i18n", "portal.command_help", "portal.kernel.registry"):
        monkeypatch.setattr(f"{module}.catalogues", merged)

    def run(*arguments: str, language: str = "de") -> str:
        cli.load_app.cache_clear()
        cli._plugin_commands.cache_clear()
        result = CliRunner().invoke(cli.cli, arguments, env={"LANGUAGE": language})
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    yield run
    cli.load_app.cache_clear()
    cli._plugin_commands.cache_clear()
    if db.database.obj is not None and not db.database.is_closed():
        db.database.close()


def test_help_of_the_program_speaks_the_operators_language(portal: Callable[..., str]) -> None:
    page = portal("--help")

    assert "Ein Portal betreiben." in page
    assert "init Die Datenbank anlegen." in page
    assert page.startswith("Aufruf:")


def test_help_of_a_command_and_its_options_does_too(portal: Callable[..., str]) -> None:
    page = portal("plugin", "list", "--help")

    assert "Die Erweiterungen nennen." in page
    assert "--json Als JSON berichten." in page
    assert "--help Diese Hilfe zeigen." in page
    assert "list Die Erweiterungen nennen." in portal("plugin", "--help")


def test_a_plugins_commands_speak_out_of_its_own_catalogue(portal: Callable[..., str]) -> None:
    portal("init")

    assert "sea Was das Meer tut." in portal("--help")
    page = portal("sea", "wave", "--help")
    assert "Eine Welle senden. Sie kommt zurück." in page
    assert "--high Eine hohe." in page
    assert portal("sea", "wave") == "splash"


@pytest.mark.parametrize("language", ["en", "xx", "C"])
def test_other_languages_get_english(portal: Callable[..., str], language: str) -> None:
    page = portal("--help", language=language)

    assert "Run and look after a partner-network portal." in page
    assert page.startswith("Usage:")


def test_a_text_that_lacks_a_translation_stays_english(portal: Callable[..., str]) -> None:
    assert "People's accounts." in portal("--help")


def test_one_run_leaves_no_language_behind_for_the_next(portal: Callable[..., str]) -> None:
    portal("plugin", "list", "--help")

    assert "Report as JSON." in portal("plugin", "list", "--help", language="en")


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANGUAGE": "lv:de"}, "lv"),
        ({"LANGUAGE": "xx:es"}, "es"),
        ({"LC_ALL": "it_IT.UTF-8", "LANG": "de"}, "it"),
        ({"LC_MESSAGES": "nl_NL@euro"}, "nl"),
        ({"LANG": "de.UTF-8"}, "de"),
        ({"LANGUAGE": "", "LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: str
) -> None:
    for name in command_help.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    command_help.speak()

    assert locale() == language


def test_texts_of_commands_are_found_for_translation() -> None:
    assert {text for text, _line in command_texts(PLUGIN)} == set(PLUGIN_TEXTS)


def test_texts_of_commands_reach_the_catalogue(tmp_path: Path) -> None:
    sources = tmp_path / "sea"
    sources.mkdir()
    (sources / "cli.py").write_text(PLUGIN)
    area = Area("sea", (sources,), tmp_path / "texts", tmp_path)

    assert set(PLUGIN_TEXTS) <= {str(message.id) for message in extract(area)}


def test_what_click_writes_itself_is_still_what_we_translate() -> None:
    page = CliRunner().invoke(cli.cli, ["serve", "--help"], env={"LANGUAGE": "en"}).output

    for text in ("Usage:", "Options", "Show this message and exit.", "[default: "):
        assert text in page
