"""`portal plugin check`: everything that is wrong with a plugin at once, with file and line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from flask import Flask
from peewee import ForeignKeyField

from portal import db, migrate
from portal.context import system_context
from portal.kernel import probe
from portal.kernel.manifest import Manifest, required_id
from portal.kernel.registry import Registry
from portal.kernel.structure import PERMISSIONS, names

PLACE = re.compile(r"([\w./-]+\.\w+):(\d+): (.*)", re.S)
APP_WIDE = re.compile(
    r"(before|after|teardown)_app_request|app_(errorhandler|context_processor|(url|template)_\w+)"
)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
ATTRIBUTE = re.compile(r'(?:title|alt|placeholder|aria-label)="([^"]*)"')
TAGS = re.compile(
    r"<(code|script|style)\b.*?</\1>|<(\w+)[^>]*translate=.no.[^>]*>.*?</\2>|<[^>]*>|&#?\w+;"
    r"|[\w-]+=\"[^\"]*\"",
    re.S,
)
WORD = re.compile(r"[^\W\d_]{2}")
ASKING = {"may", "check", "granted"}
PERSONAL = re.compile(r"(.*_)?(e?mail|phone|(first|last|full)_name|birth\w*|reply_to)")


@dataclass(frozen=True)
class Fault:
    """One thing to mend; `file` is empty and `line` 0 where there is no one place."""

    plugin: str
    file: str
    line: int
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file else ""
        return f"{self.plugin}: {place}{self.text}"


def examine(registry: Registry, plugin: str) -> list[Fault]:
    """Return all that is wrong with a plugin, by file and line.

    Its steps run in the open database, which must be a throw-away one.
    """
    reason = registry.failures.get(plugin, ("", ""))[1]
    found, manifest = [reason] if reason else [], registry.found[plugin].manifest
    if manifest:
        for look in (_texts, _code, _registered, _graphs, _tables):
            try:
                found += look(registry, manifest)
            except probe.BadPlugin as error:
                found.append(str(error))
    faults = []
    for text in dict.fromkeys(found):
        place = PLACE.match(text)
        parts = (place[1], int(place[2]), place[3]) if place else ("", 0, text)
        faults.append(Fault(plugin, *parts))
    return sorted(faults, key=lambda fault: (fault.file, fault.line))


def _texts(registry: Registry, manifest: Manifest) -> Iterator[str]:
    """Name words of templates that no translator gets to see."""
    for path in sorted(manifest.folder.glob("templates/**/*.html")):
        bare = JINJA.sub(_blank, path.read_text(encoding="utf-8"))
        bare = TAGS.sub(_blank, ATTRIBUTE.sub(r">\1<", bare))
        for number, line in enumerate(bare.splitlines(), 1):
            if WORD.search(line):
                words = " ".join(line.split())
                name = path.relative_to(manifest.folder)
                yield f"{name}:{number}: {words!r:.60} is not translated. Put it into {{{{ _(...) }}}}."


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _code(registry: Registry, manifest: Manifest) -> Iterator[str]:
    """Name what holds for the whole portal, and permissions and settings that don't match."""
    required = [registry.found[other].manifest for other in map(required_id, manifest.requires)]
    known = PERMISSIONS.union(*(names(item.permissions) for item in [manifest, *required] if item))
    code = ""
    for path in sorted(manifest.folder.rglob("*.py")):
        name = str(path.relative_to(manifest.folder))
        if name.startswith(("tests/", "migrations/")):
            continue
        code += path.read_text(encoding="utf-8")
        for line, said, asked in _said(path):
            if APP_WIDE.fullmatch(said):
                own = said.replace("app_", "")
                yield f"{name}:{line}: {said!r} holds for the whole portal. Did you mean {own!r}?"
            if asked and asked not in known:
                yield f"{name}:{line}: there is no permission {asked!r}.{_near(asked, known)}"
    for key in manifest.settings:
        if not re.search(rf"[\"']{key}[\"']", code):
            yield f"{_place(manifest, key)}: nothing reads the setting {key!r}."


def _said(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line and name of each attribute, and the permission in calls such as `may(ctx, "edit", x)`."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        return  # importing it says so
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr, ""
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func).rsplit(".", 1)[-1]
            second = node.args[1] if len(node.args) > 2 else None
            if called in ASKING and isinstance(second, ast.Constant):
                yield node.lineno, "", str(second.value)


def _registered(registry: Registry, manifest: Manifest) -> Iterator[str]:
    """Name faults of hooks, names and pages, as the portal finds them when it starts."""
    module, ctx = probe.load(manifest, "plugin"), system_context()
    yield from probe.hook_faults(module, registry.hooks.manager)
    yield from probe.name_faults(manifest)
    offered = probe.blueprints(manifest, module, ctx)
    yield from probe.page_faults(manifest, offered, Flask("probe", static_folder=None))


def _graphs(registry: Registry, manifest: Manifest) -> Iterator[str]:
    """Name states of workflows that nothing leads to, or out of."""
    module = probe.load(manifest, "plugin")
    with probe.blaming(manifest, "workflow_list"):
        offer = getattr(module, "workflow_list", None)
        flows = list(offer(system_context())) if offer else []
    for flow in flows:
        reached = {flow.initial}
        while more := {s.target for s in flow.transitions if reached & {*s.sources}} - reached:
            reached |= more
        left = {source for step in flow.transitions for source in step.sources}
        for state in flow.states:
            if state.name not in reached:
                yield f"workflow {flow.id!r}: nothing leads to state {state.name!r}."
            if state.name not in left and not state.final:
                yield f"workflow {flow.id!r}: nothing leads out of {state.name!r}, which is not final."


def _tables(registry: Registry, manifest: Manifest) -> Iterator[str]:
    """Hold models against the tables that the steps make, and against the declared personal data."""
    head = migrate.head(migrate.Namespace(manifest.id, manifest.folder / "migrations"))
    if manifest.schema != head:
        yield f"{_place(manifest, 'schema')}: schema is {manifest.schema}; the newest step is {head}."
    with probe.blaming(manifest, "migrations"):
        needed = {manifest.id, *map(required_id, manifest.requires)}
        migrate.run(registry.namespaces(needed), backup=False)
    declared = {(item.table, name) for item in manifest.personal_data for name in item.columns}
    explained = {tuple(name.split(".")) for name in manifest.impersonal}
    for model in probe.models(manifest):
        table, place = model._meta.table_name, probe.place_of(model)
        there = {column.name for column in db.database.get_columns(table)}
        if not there:
            yield f"{place}: no step in migrations/ makes the table {table}."
        for field in model._meta.sorted_fields:
            column = field.column_name
            if there and column not in there:
                yield f"{place}: no step in migrations/ makes the column {table}.{column}."
            account = isinstance(field, ForeignKeyField) and field.rel_model._meta.name == "account"
            if (account or PERSONAL.fullmatch(column)) and (
                table,
                column,
            ) not in declared | explained:
                yield f"{place}: {table}.{column} is personal. Add it to [[personal_data]]."
        declared -= {(table, field.column_name) for field in model._meta.sorted_fields}
    for table, column in sorted(declared, key=str):
        yield f"{_place(manifest, str(column))}: no model has the personal column {table}.{column}."


def _place(manifest: Manifest, word: str) -> str:
    """Return where a word stands in the manifest."""
    lines = (manifest.folder / "plugin.toml").read_text(encoding="utf-8").splitlines()
    found = (number for number, line in enumerate(lines, 1) if re.search(rf"\b{word}\b", line))
    return f"plugin.toml:{next(found, 1)}"


def _near(name: str, known: set[str] | frozenset[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f" Did you mean {near[0]!r}?" if near else " Declare it in plugin.toml."
