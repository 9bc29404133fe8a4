"""Tries a plugin out in a throw-away app before anything of it reaches the real one."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from flask import Blueprint, Flask

from portal import db, hookspecs
from portal.context import Context
from portal.kernel.manifest import Manifest
from portal.web.access import access_row

APP_WIDE = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "template_context_processors",
    "url_value_preprocessors",
    "url_default_functions",
    "error_handler_spec",
)


class BadPlugin(Exception):
    """The plugin can't be used; the text names file, line and the nearest right name."""


def load(manifest: Manifest) -> ModuleType:
    """Import the plugin's entry module. Raises BadPlugin with file and line."""
    try:
        return importlib.import_module(f"{manifest.package}.plugin")
    except BaseException as error:  # whatever an import does, the site must start
        if isinstance(error, KeyboardInterrupt):
            raise
        raise BadPlugin(
            f"{_place(error, manifest.folder)}: {type(error).__name__}: {error}"
        ) from error


def check_hooks(module: ModuleType, manager: pluggy.PluginManager) -> None:
    """Refuse misspelt hooks and wrong arguments. Raises BadPlugin."""
    known = {name for name in dir(manager.hook) if not name.startswith("_")}
    for name, function in inspect.getmembers(module, inspect.isfunction):
        options = getattr(function, f"{hookspecs.PROJECT}_impl", None)
        if options is None:
            continue
        place = f"{Path(function.__code__.co_filename).name}:{function.__code__.co_firstlineno}"
        if name not in known:
            if options.get("optionalhook") and not _looks_like(name, known):
                continue
            near = get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise BadPlugin(f"{place}: there is no hook {name!r}.{hint}")
        wanted = getattr(manager.hook, name).spec.argnames
        for argument in inspect.signature(function).parameters:
            if argument not in wanted:
                raise BadPlugin(
                    f"{place}: hook {name!r} has no argument {argument!r}; it has {', '.join(wanted)}."
                )


def _looks_like(name: str, known: Iterable[str]) -> bool:
    return bool(get_close_matches(name, list(known), 1, cutoff=0.88))


def blueprints(manifest: Manifest, module: ModuleType, ctx: Context) -> list[Blueprint]:
    """Return the plugin's blueprints after trying them out. Raises BadPlugin."""
    offer = getattr(module, "blueprint_list", None)
    try:
        offered: list[Blueprint] = list(offer(ctx)) if offer else []
    except Exception as error:
        raise BadPlugin(
            f"{_place(error, manifest.folder)}: blueprint_list: {type(error).__name__}: {error}"
        ) from error
    app = Flask("probe")
    before = {name: _copy(getattr(app, name)) for name in APP_WIDE}
    for blueprint in offered:
        _check_name(manifest, blueprint)
        try:
            app.register_blueprint(blueprint)
        except Exception as error:
            raise BadPlugin(f"{_place(error, manifest.folder)}: {error}") from error
    _refuse_app_wide(app, before)
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if access_row(app.view_functions[rule.endpoint], method) is None:
                raise BadPlugin(
                    f"{method} {rule.rule} has no access row. Put @allow(...) on its view."
                )
    return offered


def _check_name(manifest: Manifest, blueprint: Blueprint) -> None:
    if blueprint.name.split("_")[0] != manifest.id and blueprint.name != manifest.id:
        raise BadPlugin(
            f"Blueprint {blueprint.name!r} must be named {manifest.id!r} or begin with it."
        )


def _refuse_app_wide(app: Flask, before: dict[str, Any]) -> None:
    for name in APP_WIDE:
        now = getattr(app, name)
        if now.get(None) and now.get(None) != before[name].get(None):
            raise BadPlugin(
                f"A blueprint registers something for the whole portal ({name}). "
                "Use the blueprint's own functions without 'app_'."
            )


def _copy(value: Any) -> dict[Any, Any]:
    return {
        key: (list(item) if isinstance(item, list) else dict(item)) for key, item in value.items()
    }


def check_names(manifest: Manifest) -> None:
    """Refuse tables without the plugin's prefix and templates outside its folder."""
    for child in _children(manifest.folder / "templates") + _children(manifest.folder / "static"):
        if child.name != manifest.id:
            raise BadPlugin(
                f"{child.parent.name}/{child.name}: files of this plugin belong in "
                f"{child.parent.name}/{manifest.id}/."
            )
    for model in _models(manifest):
        table = model._meta.table_name
        if not table.startswith(f"{manifest.id}_"):
            raise BadPlugin(
                f"Table {table!r} of model {model.__name__} must begin with '{manifest.id}_'."
            )


def _children(folder: Path) -> list[Path]:
    return (
        [item for item in folder.iterdir() if item.name[0] not in "._"] if folder.is_dir() else []
    )


def _models(manifest: Manifest) -> list[Any]:
    found: list[Any] = []
    waiting: list[Any] = [db.Model]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if model.__module__.startswith(f"{manifest.package}."):
            found.append(model)
    return found


def _place(error: BaseException, folder: Path) -> str:
    """Return file and line of the last frame inside the plugin, else of the error itself."""
    place = ""
    trace = error.__traceback__
    while trace:
        filename = Path(trace.tb_frame.f_code.co_filename)
        if folder in filename.parents:
            place = f"{filename.relative_to(folder)}:{trace.tb_lineno}"
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{Path(error.filename).name}:{error.lineno}"
    return place or "plugin.py"
