"""Writes docs/hooks.md and docs/settings.md from the code: `make docs`, `python -m docs.generate`.

With `--check` nothing is written; pages that are not up to date are named and the exit is not zero.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from portal import hookspecs
from portal.command_help import VARIABLES
from portal.config import Config

ROOT = Path(__file__).resolve().parent.parent
OTHER_VARIABLES = {
    ("OIDC_CLIENT_SECRET",): (
        "signin",
        "What the portal proves itself with to the provider with whom people sign in; "
        "[Signing in](sign-in.md) says how.",
    ),
    ("TSA_PASSWORD",): (
        "paper",
        "The portal's password at the authority that stamps times; the user's name stands in Site "
        "Setup.",
    ),
    VARIABLES: (
        "the command",
        "Language of `portal` in a terminal; the first of these that is set counts.",
    ),
    ("PORT",): ("`make demo`", "Port on which the demonstration answers; 8000 unless set."),
}
"""Variables without a setting: who reads them, and what they are."""
NOTE = "<!-- Written by docs/generate.py; `make docs` writes it anew. -->\n"


def hook_functions(module: ModuleType = hookspecs) -> dict[str, Callable[..., Any]]:
    """Return the hooks that a module declares, in the order of the file."""
    found = {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if hasattr(function, "policy")
    }
    return dict(sorted(found.items(), key=lambda item: item[1].__code__.co_firstlineno))


def plugin_modules() -> dict[str, ModuleType]:
    """Return the modules in which plugins of the house declare hooks of their own, by plugin."""
    return {
        path.parent.name: importlib.import_module(f"plugins.{path.parent.name}.hookspecs")
        for path in sorted((ROOT / "plugins").glob("*/hookspecs.py"))
    }


def values(module: ModuleType = hookspecs) -> dict[str, type]:
    """Return the dataclasses that hooks answer with or are given."""
    return {
        name: kind
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__
    }


def hooks_page() -> str:
    """Return docs/hooks.md."""
    return "\n".join(_hooks()) + "\n"


def _hooks() -> Iterator[str]:
    yield f"{NOTE}\n# Hooks\n"
    yield f"{inspect.getdoc(hookspecs)}\n"
    yield (
        "A plugin answers in its `plugin.py`, with `@hookimpl` from `portal.hookspecs`; it may "
        "leave out arguments that it does not need. What portal and plugins exchange are the "
        "small dataclasses at the end of this page: an answer of another kind counts as a failure.\n"
    )
    yield "| hook | policy | in a sentence |\n|---|---|---|"
    for name, function in hook_functions().items():
        yield f"| [`{name}`](#{name}) | {policy(function)} | {_first_line(function)} |"
    for name, function in hook_functions().items():
        yield f"\n## {name}\n"
        yield f"`{name}{_signature(function)}` · policy *{policy(function)}*\n"
        yield inspect.getdoc(function) or ""
    yield "\n## Hooks of plugins\n"
    yield (
        "Plugins ask each other too. Whoever answers such a hook marks it with "
        "`@hookimpl(optionalhook=True)`: it is not there without the plugin that asks."
    )
    for plugin, module in plugin_modules().items():
        yield f"\n### {plugin}\n"
        yield f"{inspect.getdoc(module)}"
        for name, function in hook_functions(module).items():
            yield f"\n#### {name}\n"
            yield f"`{name}{_signature(function)}` · policy *{policy(function)}*\n"
            yield inspect.getdoc(function) or ""
        for name, kind in values(module).items():
            yield f"\n#### {name}\n"
            yield f"{inspect.getdoc(kind)}\n"
            yield from _fields(kind)
    yield "\n## What is exchanged"
    for name, kind in values().items():
        yield f"\n### {name}\n"
        yield f"{inspect.getdoc(kind)}\n"
        yield from _fields(kind)


def _fields(kind: Any) -> Iterator[str]:
    for field in dataclasses.fields(kind):
        yield f"- `{field.name}: {field.type}`{_default(field)}"


def policy(function: Any) -> str:
    """Return the failure policy of a hook."""
    return str(function.policy)


def _first_line(function: Callable[..., Any]) -> str:
    text = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=\.) ", text)[0]


def _signature(function: Callable[..., Any]) -> str:
    return str(inspect.signature(function)).replace("'", "")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return " = ()" if field.default_factory is tuple else " = {}"
    return "" if field.default is dataclasses.MISSING else f" = {field.default!r}"


def settings_page() -> str:
    """Return docs/settings.md."""
    return "\n".join(_settings()) + "\n"


def _settings() -> Iterator[str]:
    yield f"{NOTE}\n# Settings\n"
    yield (
        "All are read from the environment when the portal starts; none has to be set. "
        "Switches take 1 or 0.\n"
    )
    yield "| variable | default | unit | what it is |\n|---|---|---|---|"
    for field in dataclasses.fields(Config):
        default = str(int(field.default) if isinstance(field.default, bool) else field.default)
        shown = f"`{default}`" if default else "empty"
        sentence = field.metadata["sentence"]
        yield f"| `{variable(field.name)}` | {shown} | {field.metadata['unit']} | {sentence} |"
    yield "\n## Other variables\n"
    yield (
        "Passwords for other people's services stand in the environment alone, so that no copy of "
        "the database has them.\n"
    )
    yield "| variable | read by | what it is |\n|---|---|---|"
    for names, (reader, sentence) in OTHER_VARIABLES.items():
        yield f"| {', '.join(f'`{name}`' for name in names)} | {reader} | {sentence} |"


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"PORTAL_{name.upper()}"


PAGES = {"hooks.md": hooks_page, "settings.md": settings_page}


def stale() -> list[str]:
    """Name the pages that are not what the code says."""
    folder = ROOT / "docs"
    return [
        name
        for name, make in PAGES.items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != make()
    ]


def main(arguments: list[str]) -> int:
    """Write the pages, or only say which are stale."""
    found = stale()
    if "--check" not in arguments:
        for name in found:
            (ROOT / "docs" / name).write_text(PAGES[name](), encoding="utf-8")
    elif found:
        sys.stderr.write(f"Stale: {', '.join(found)}. Run: make docs\n")
    return 1 if "--check" in arguments and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
