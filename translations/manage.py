"""Keeps the catalogues in step with the sources: extract, update, check.

    python -m translations.manage update      take new texts into every catalogue
    python -m translations.manage check       fail for what is stale, missing, fuzzy or wrong

The core and each plugin have catalogues of their own. Texts come from Python, the help of commands
and their options, templates, the columns `label_en` and `short_en` of a plugin's tables, and, for the core, from WTForms.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path

import wtforms
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from portal.i18n import SHIPPED, SOURCE

ROOT = Path(__file__).parent.parent
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy": None, "lazy_pgettext": ((1, "c"), 2)}
TEMPLATES = {
    "extensions": "jinja2.ext.i18n",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
    "newstyle_gettext": "true",
}
CLICK = (
    "Usage:", "Options", "Commands", "Positional arguments", "required", "default: {default}",
    "Show this message and exit.", "Show the version and exit.",
)  # fmt: skip
"""What click itself writes on a page of help."""
TABLE_COLUMNS = ("label_en", "short_en")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
LONE = re.compile(r"(?<!%)%(?!\(\w+\)[sd]|%)")


@dataclass(frozen=True)
class Area:
    """A part with catalogues of its own: where its sources and its translations lie."""

    name: str
    sources: tuple[Path, ...]
    folder: Path
    tables: Path | None = None

    def path(self, locale: str) -> Path:
        """Return the catalogue's file in a language."""
        return self.folder / locale / "LC_MESSAGES" / "messages.po"


def areas(root: Path = ROOT) -> list[Area]:
    """Return the core and every plugin of the house."""
    core = Area("portal", (root / "portal", root / "templates"), root / "translations")
    plugins = [
        Area(path.parent.name, (path.parent,), path.parent / "translations", path.parent / "data")
        for path in sorted((root / "plugins").glob("*/plugin.toml"))
    ]
    return [core, *plugins]


def extract(area: Area) -> Catalog:
    """Return the texts that an area has today."""
    catalogue = Catalog(project="Tessera", charset="utf-8", fuzzy=False)
    for source in area.sources:
        for file, line, message, comments, context in extract_from_dir(
            source,
            method_map=[
                ("**/migrations/**", "ignore"),
                ("scaffold/**", "ignore"),
                ("**.py", "python"),
                ("**/templates/**.*", "jinja2"),
                ("**.html", "jinja2"),
                ("**.txt", "jinja2"),
            ],
            options_map={"**.html": TEMPLATES, "**.txt": TEMPLATES, "**/templates/**.*": TEMPLATES},
            keywords=KEYWORDS,
            comment_tags=["Translators:"],
            directory_filter=lambda name: (
                Path(name).name not in {"__pycache__", "static", "data", "people_data"}
            ),
        ):
            place = [(f"{source.name}/{file}".replace("\\", "/"), line)]
            catalogue.add(message, None, place, auto_comments=comments, context=context)
        for path in sorted(source.rglob("*.py")):
            for text, line in command_texts(path.read_text(encoding="utf-8")):
                catalogue.add(text, None, [(path.relative_to(source.parent).as_posix(), line)])
    if area.tables is None:
        _add_wtforms(catalogue)
        for text in CLICK:
            catalogue.add(text, None, [("click", 1)])
        _add_manifest(catalogue, area.sources[0] / "site.toml")
        _add_manifest(catalogue, area.sources[0] / "personal_data.toml")
    else:
        _add_manifest(catalogue, area.tables.parent / "plugin.toml")
        for text, file in _table_texts(area.tables):
            catalogue.add(text, None, [(file, 1)])
    return catalogue


def command_texts(source: str) -> Iterator[tuple[str, int]]:
    """Yield the help of commands, groups and options that a file declares, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            calls = {_called(decorator) for decorator in node.decorator_list}
            if calls & {"command", "group"} and (text := ast.get_docstring(node)):
                yield text, node.lineno
        elif isinstance(node, ast.Call) and _called(node) in {"command", "group", "option"}:
            for keyword in node.keywords:
                if keyword.arg == "help" and isinstance(keyword.value, ast.Constant):
                    yield cleandoc(str(keyword.value.value)), node.lineno


def _called(node: ast.expr) -> str:
    """Return the last name of what is called: `option` for `click.option(...)`."""
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else ""


def _add_wtforms(catalogue: Catalog) -> None:
    folder = Path(wtforms.__file__).parent
    for file, line, message, comments, context in extract_from_dir(
        folder, method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        catalogue.add(
            message, None, [(f"wtforms/{file}", line)], auto_comments=comments, context=context
        )


def _add_manifest(catalogue: Catalog, path: Path) -> None:
    """Take in what pages show of a manifest: title, summary, words of settings, personal data."""
    manifest = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    texts = [manifest.get(key) for key in ("title", "summary")]
    for setting in manifest.get("settings", {}).values():
        texts += [setting.get(key) for key in ("title", "help", "unit")]
        choices = setting.get("choices", {})
        texts += choices.values() if isinstance(choices, dict) else []
    for entry in manifest.get("personal_data", []):
        texts += [entry.get(key) for key in ("what", "purpose", "retention", "keep_reason")]
    for text in filter(None, texts):
        catalogue.add(text, None, [(path.name, 1)])


def _table_texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                texts = [row[column] for column in TABLE_COLUMNS if row.get(column)]
                if texts:
                    yield texts[-1], f"data/{path.name}"


def update(area: Area, locale: str) -> Catalog:
    """Take today's texts into a catalogue; those no longer used are dropped, nothing is guessed."""
    path = area.path(locale)
    template = extract(area)
    known = _read(path, locale) if path.exists() else Catalog(locale=locale)
    fresh = Catalog(
        locale=locale,
        project="Tessera",
        charset="utf-8",
        fuzzy=False,
        header_comment=known.header_comment if path.exists() else _header(locale),
        creation_date=known.creation_date,
        last_translator="",
        language_team="",
        msgid_bugs_address="",
    )
    for message in template:
        if message.id:
            fresh[message.id] = _kept(message, known.get(message.id, message.context))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, fresh, width=100, sort_output=True, no_location=True, omit_header=False)
    return fresh


def _kept(message: Message, known: Message | None) -> Message:
    string = known.string if known and known.string else ("", "") if message.pluralizable else ""
    return Message(
        message.id,
        string,
        auto_comments=message.auto_comments,
        context=message.context,
        flags=message.flags - {"fuzzy"},
    )


def _header(locale: str) -> str:
    return (
        f"# Tessera in {locale}.\n"
        "# Draft: complete and checked by tests, not yet read by somebody who works in the field.\n"
        "#"
    )


def _read(path: Path, locale: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def check(area: Area, locale: str) -> list[str]:
    """Return what is wrong with a catalogue; empty when it is complete and sound."""
    path = area.path(locale)
    if not path.exists():
        return [f"{area.name}/{locale}: there is no catalogue"]
    catalogue = _read(path, locale)
    wanted = {_key(message) for message in extract(area) if message.id}
    there = {_key(message) for message in catalogue if message.id}
    problems = [f"missing: {key[0]!r}" for key in sorted(wanted - there, key=str)]
    problems += [f"no longer used: {key[0]!r}" for key in sorted(there - wanted, key=str)]
    for message in catalogue:
        if message.id:
            problems += _faults(message, catalogue.num_plurals)
    return [f"{area.name}/{locale}: {problem}" for problem in problems]


def _key(message: Message) -> tuple[str, str]:
    first = message.id[0] if isinstance(message.id, tuple | list) else message.id
    return first, message.context or ""


def _texts(value: str | Sequence[str] | None) -> list[str]:
    return [value or ""] if value is None or isinstance(value, str) else [*value]


def _faults(message: Message, plurals: int) -> Iterator[str]:
    texts = _texts(message.string)
    name = _key(message)[0]
    if message.fuzzy:
        yield f"fuzzy: {name!r}"
    if not all(texts):
        yield f"empty: {name!r}"
        return
    if message.pluralizable and len(texts) != plurals:
        yield f"{len(texts)} plural forms instead of {plurals}: {name!r}"
    known = {word for text in _texts(message.id) for word in PLACEHOLDER.findall(text)}
    needed = known - ({"num"} if message.pluralizable else set())
    for text in texts:
        found = set(PLACEHOLDER.findall(text))
        if not needed <= found <= known:
            yield f"values {sorted(found)} instead of {sorted(known)}: {name!r}"
        if LONE.search(text) and not LONE.search(name):
            yield f"a lone per cent sign: {name!r}"
    for text in texts:
        if (text != text.strip()) != (name != name.strip()):
            yield f"blanks at the ends: {name!r}"


def main(act: str) -> int:
    """Update or check every catalogue; returns the exit status."""
    bad = 0
    for area in areas():
        for locale in SHIPPED:
            if locale == SOURCE:
                continue
            if act == "update":
                fresh = update(area, locale)
                empty = sum(
                    1
                    for m in fresh
                    if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)
                )
                sys.stdout.write(
                    f"{area.name}/{locale}: {len(fresh)} texts, {empty} to translate\n"
                )
            else:
                problems = check(area, locale)
                bad += len(problems)
                for problem in problems[:20]:
                    sys.stdout.write(f"{problem}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
