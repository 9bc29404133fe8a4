"""Static files under content-hashed addresses that never change, compressed once.

A plugin's files are served while it is active and vanish with it.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, redirect, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.kernel.registry import Registry
from portal.web import errors
from portal.web.access import ANYONE, allow
from portal.web.heartbeat import beat

blueprint = Blueprint("files", __name__)
COMPRESSIBLE = {".css", ".js", ".svg", ".txt", ".json", ".webmanifest"}
mimetypes.add_type("font/woff2", ".woff2")  # not known everywhere


@dataclass(frozen=True)
class StaticFile:
    """A file as it is served, and whose it is."""

    body: bytes
    is_text: bool
    mime: str
    plugin: str

    @cached_property
    def packed(self) -> bytes | None:
        """The compressed text, made when a browser first asks: a start need not wait for it."""
        return gzip.compress(self.body, 9, mtime=0) if self.is_text else None


class StaticFiles:
    """Every static file by its public name, with the hash of its content in it."""

    def __init__(self) -> None:
        self._by_public: dict[str, StaticFile] = {}
        self._public: dict[str, str] = {}

    def add(self, folder: Path, plugin: str = "") -> None:
        """Take up the files below a folder."""
        for path in sorted(folder.rglob("[!.]*")):
            if path.is_file():
                self._add_file(path, path.relative_to(folder), plugin)

    def _add_file(self, path: Path, name: Path, plugin: str) -> None:
        body = path.read_bytes()
        mark = hashlib.sha256(body).hexdigest()[:10]
        public = name.with_name(f"{name.stem}.{mark}{name.suffix}").as_posix()
        mime = mimetypes.guess_type(name)[0] or "text/plain"
        self._by_public[public] = StaticFile(body, name.suffix in COMPRESSIBLE, mime, plugin)
        self._public[name.as_posix()] = public

    def digest(self) -> str:
        """Return a short mark of all files together."""
        return hashlib.sha256("".join(sorted(self._by_public)).encode()).hexdigest()[:10]

    def url(self, name: str) -> str:
        """Return the address of a file; a file that is not there is a KeyError that names it."""
        return f"/static/{self._public[name]}"

    def get(self, public: str) -> StaticFile | None:
        """Return the file of an address; style sheets name fonts without the hash."""
        return self._by_public.get(self._public.get(public, public))


@blueprint.get("/static/<path:name>")
@allow(ANYONE)
def serve(name: str) -> ResponseReturnValue:
    """Serve a file."""
    portal = current_app.extensions["portal"]
    found = portal.static.get(name)
    owner = found.plugin if found else name.split("/")[0]
    if owner and not _active(portal.registry, owner):
        status = portal.registry.statuses().get(owner)
        return errors.refuse_inactive(status) if status else abort(404)
    if found is None:
        abort(404)
    packed = found.packed if request.accept_encodings.find("gzip") >= 0 else None
    response = Response(packed or found.body, mimetype=found.mime)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if found.is_text:
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _active(registry: Registry, plugin: str) -> bool:
    db.database.connect(reuse_if_open=True)
    registry.follow(beat().plugin_generation)
    return registry.is_active(plugin)


@blueprint.get("/favicon.ico")
@allow(ANYONE)
def favicon() -> ResponseReturnValue:
    """Lead browsers that ask at the old place to the mark."""
    return redirect(current_app.extensions["portal"].static.url("img/favicon.svg"))
