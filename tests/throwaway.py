"""Writes plugins that live for one test."""

from __future__ import annotations

import importlib
from pathlib import Path
from textwrap import dedent

MANIFEST = """
id = "{id}"
title = "{id}"
version = "{version}"
portal = ">=0.1,<1"
"""

PAGES = """
from flask import Blueprint
from portal.hookspecs import MenuItem, hookimpl
from portal.web.access import ANYONE, allow

blueprint = Blueprint("{id}", __name__)

@blueprint.get("/{id}")
@allow(ANYONE)
def page():
    return "page of {id}"

@blueprint.get("/api/v1/{id}")
@allow(ANYONE)
def api():
    return {{"from": "{id}"}}

@blueprint.post("/{id}")
@allow(ANYONE)
def send():
    return "sent"

@hookimpl
def blueprint_list(ctx):
    return [blueprint]

@hookimpl
def menu_list(ctx):
    return [MenuItem("Entry of {id}", "{id}.page")]
"""


def write_plugin(
    folder: Path,
    plugin: str,
    code: str = "",
    manifest: str = "",
    version: str = "1.0",
    files: dict[str, str] | None = None,
    place: str = "",
) -> Path:
    """Write a plugin below a folder: its manifest (lines are added to the usual ones) and code.

    `place` is the folder's name where that differs from the plugin's id.
    """
    home = folder / (place or plugin)
    home.mkdir(parents=True)
    text = MANIFEST.format(id=plugin, version=version) + manifest
    everything = {"__init__.py": "", "plugin.py": code, "plugin.toml": text, **(files or {})}
    for name, content in everything.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content), encoding="utf-8")
    importlib.invalidate_caches()
    return home


def write_pages(folder: Path, plugin: str, manifest: str = "", **more: str) -> Path:
    """Write a plugin with a page, an API address, a menu entry and a static file."""
    files = {f"static/{plugin}/look.css": f"/* {plugin} */ body {{ color: red }}"}
    return write_plugin(
        folder, plugin, PAGES.format(id=plugin), manifest=manifest, files=files, **more
    )
