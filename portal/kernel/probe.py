"""Tries a plugin out in a throw-away app before anything of it reaches the real one."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from flask import Blueprint, Flask

from portal import db, hookspecs
from portal.context import Context
from portal.kernel.manifest import Manifest
from portal.later import LateRule
from portal.settings import hint
from portal.web.access import access_row

APP_WIDE = (
    "before_request_funcs", "after_request_funcs", "teardown_request_funcs",
    "template_context_processors", "url_value_preprocessors", "url_default_functions",
    "error_handler_spec",
)  # fmt: skip
ENVIRONMENT = ("filters", "tests", "globals")


class BadPlugin(Exception):
    """The plugin can't be used; the text names file, line and the nearest right name."""


def load(manifest: Manifest, name: str) -> ModuleType:
    """Import a module of the plugin. Raises BadPlugin with file and line."""
    with blaming(manifest):
        return importlib.import_module(f"{manifest.package}.{name}")


@contextmanager
def blaming(manifest: Manifest, doing: str = "") -> Iterator[None]:
    """Turn whatever is raised inside, an exit too, into BadPlugin: the site must start."""
    try:
        yield
    except (BadPlugin, KeyboardInterrupt):
        raise
    except BaseException as error:
        said = f"{doing}: {type(error).__name__}" if doing else type(error).__name__
        raise BadPlugin(f"{place(error, manifest.folder)}: {said}: {error}") from error


def refuse(faults: Iterable[str]) -> None:
    """Raise BadPlugin with the first fault, if there is one."""
    for fault in faults:
        raise BadPlugin(fault)


def hook_faults(module: ModuleType, manager: pluggy.PluginManager) -> Iterator[str]:
    """Name misspelt hooks and wrong arguments, each with file, line and the right name."""
    known = {name for name, caller in vars(manager.hook).items() if caller.spec}
    for name, function in inspect.getmembers(module, inspect.isfunction):
        options = getattr(function, f"{hookspecs.PROJECT}_impl", None)
        if options is None:
            continue
        if name not in known:
            if options.get("optionalhook") and not get_close_matches(name, known, 1, cutoff=0.88):
                continue  # a question of another plugin
            yield f"{place_of(function)}: there is no hook {name!r}.{hint(name, known)}"
            continue
        wanted = getattr(manager.hook, name).spec.argnames
        for argument in inspect.signature(function).parameters:
            if argument not in wanted:
                yield (
                    f"{place_of(function)}: hook {name!r} has no argument {argument!r}; "
                    f"it has {', '.join(wanted)}."
                )


def place_of(function: Any) -> str:
    """Return file and line of a function or class, the entry module where that can't be told."""
    try:
        found = inspect.unwrap(function)
        return f"{Path(inspect.getfile(found)).name}:{inspect.getsourcelines(found)[1]}"
    except (OSError, TypeError, ValueError):
        return "plugin.py"


def blueprints(manifest: Manifest, module: ModuleType, ctx: Context) -> list[Blueprint]:
    """Ask a plugin for its blueprints. Raises BadPlugin."""
    with blaming(manifest, "blueprint_list"):
        return list(module.blueprint_list(ctx)) if hasattr(module, "blueprint_list") else []


def page_faults(manifest: Manifest, offered: Iterable[Blueprint], app: Flask) -> Iterator[str]:
    """Name what is wrong with blueprints, after putting them into an app to be thrown away."""
    app.url_rule_class = LateRule
    before = _app_wide(app)
    for blueprint in offered:
        if not isinstance(blueprint, Blueprint):
            yield f"blueprint_list must answer with Blueprints, not {blueprint!r}."
            continue
        if manifest.id not in {blueprint.name, blueprint.name.split("_")[0]}:
            yield f"Blueprint {blueprint.name!r} must be named {manifest.id!r} or begin with it."
        try:
            with blaming(manifest, f"blueprint {blueprint.name!r}"):
                app.register_blueprint(blueprint)
        except BadPlugin as error:
            yield str(error)
    for name, now in _app_wide(app).items():
        if now != before[name]:
            yield (
                f"A blueprint registers something for the whole portal ({name}). "
                "Use the blueprint's own functions without 'app_'."
            )
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if access_row(view, method) is None:
                said = f"{place_of(view)}: {method} {rule.rule} has no access row."
                yield f"{said} Put @allow(...) on its view."


def _app_wide(app: Flask) -> dict[str, Any]:
    """Return what holds for a whole app, to be compared before and after."""
    seen: dict[str, Any] = {name: str(getattr(app, name).get(None) or "") for name in APP_WIDE}
    seen |= {f"jinja_env.{name}": dict(getattr(app.jinja_env, name)) for name in ENVIRONMENT}
    seen["teardown_appcontext_funcs"] = list(app.teardown_appcontext_funcs)
    seen["wsgi_app"] = app.wsgi_app
    own = {name for name in app.view_functions if name.split(".")[0] in app.blueprints}
    seen["add_url_rule"] = set(app.view_functions) - own
    return seen


def name_faults(manifest: Manifest) -> Iterator[str]:
    """Name tables without the plugin's prefix and templates outside its folder."""
    for kind in ("templates", "static"):
        for child in (manifest.folder / kind).glob("[!._]*"):
            if child.name != manifest.id:
                yield f"{kind}/{child.name}: files of this plugin belong in {kind}/{manifest.id}/."
    for model in models(manifest):
        table = model._meta.table_name
        if not table.startswith(f"{manifest.id}_"):
            yield (
                f"{place_of(model)}: table {table!r} of model {model.__name__} must begin "
                f"with '{manifest.id}_'."
            )


def models(manifest: Manifest) -> list[Any]:
    """Return the models of a plugin that was imported."""
    found: list[Any] = []
    waiting: list[Any] = [db.Model]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        named = getattr(sys.modules.get(model.__module__), model.__name__, None)
        if model.__module__.startswith(f"{manifest.package}.") and named is model:
            found.append(model)  # the one in use: its module may have been imported anew
    return found


def place(error: BaseException, folder: Path) -> str:
    """Return file and line of the last frame inside the plugin, else of the error itself."""
    found = ""
    trace = error.__traceback__
    while trace:
        filename = Path(trace.tb_frame.f_code.co_filename)
        if folder in filename.parents:
            found = f"{filename.relative_to(folder)}:{trace.tb_lineno}"
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        found = f"{Path(error.filename).name}:{error.lineno}"
    return found or "plugin.py"
