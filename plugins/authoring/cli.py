"""The commands `portal plugin new` and `portal plugin check`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from plugins.authoring import checking, writing
from portal.app import create_app
from portal.config import Config
from portal.errors import ConfigError
from portal.kernel.discovery import discover
from portal.kernel.registry import Registry


@click.command("new")
@click.argument("name")
@click.option("--folder", default="plugins", show_default=True, help="Where it is written.")
def new(name: str, folder: str) -> None:
    """Write a plugin to begin with: a page, a table, a setting, German, tests. Works offline."""
    written = writing.write(name, Path(folder), discover())
    home = written[0].parent
    click.echo(f"{len(written)} files in {home}. Next:")
    click.echo(f"  portal plugin check {home}\n  portal plugin activate {name}")
    click.echo(f"  python -m pytest {home}")


@click.command("check")
@click.argument("plugin", required=False)
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def check(plugin: str | None, as_json: bool) -> None:
    """Name every fault of a plugin (an id, or its folder), or of all plugins, with file and line.

    Looks at it in a throw-away portal; the site's own database is not touched.
    """
    home = Path(plugin) if plugin and (Path(plugin) / "plugin.toml").exists() else None
    with TemporaryDirectory() as instance:
        folders = [_importable(home.resolve())] if home else []
        registry = create_app(Config(instance=instance), folders).extensions["portal"].registry
        chosen = _chosen(registry, home.resolve().name if home else plugin)
        faults = [fault for name in chosen for fault in checking.examine(registry, name)]
    if as_json:
        click.echo(json.dumps([asdict(fault) for fault in faults]))
    else:
        for fault in faults:
            click.echo(str(fault))
        names = ", ".join(chosen)
        click.echo(f"{len(faults)} to mend." if faults else f"Nothing to mend in {names}.")
    sys.exit(1 if faults else 0)


def _importable(home: Path) -> Path:
    """Return what the portal must search: the folder around it, or a package of its own."""
    inside = any(f"plugins.{home.name}" in path.read_text("utf-8") for path in home.glob("*.py"))
    if not inside and not (home.parent / "__init__.py").exists():
        sys.path.insert(0, str(home.parent))
        return home
    return home.parent


def _chosen(registry: Registry, plugin: str | None) -> list[str]:
    if plugin is None:
        return list(registry.found)
    for name, found in registry.found.items():
        if name == plugin or (found.manifest and found.manifest.folder.name == plugin):
            return [name]
    raise ConfigError(
        f"There is no plugin {plugin!r}. Found: {', '.join(registry.found) or 'none'}."
    )
