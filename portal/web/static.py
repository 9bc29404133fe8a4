"""Static files under content-hashed addresses that never change, compressed once.

A plugin's files are served while it is active and vanish with it.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.kernel.registry import Registry
from portal.web import errors
from portal.web.access import ANYONE, allow
from portal.web.heartbeat import beat

blueprint = Blueprint("files", __name__)
COMPRESSIBLE = {".css", ".js", ".svg", ".txt", ".json", ".webmanifest"}


@dataclass(frozen=True)
class StaticFile:
    """A file as it is served."""

    path: Path
    body: bytes
    packed: bytes | None
    mime: str
    plugin: str | None


class StaticFiles:
    """Every static file by its public name, with the hash of its content in it."""

    def __init__(self) -> None:
        self._by_public: dict[str, StaticFile] = {}
        self._public: dict[str, str] = {}

    def add(self, folder: Path, plugin: str | None = None) -> None:
        """Take up the files below a folder."""
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_file() and not path.name.startswith("."):
                self._add_file(path, path.relative_to(folder).as_posix(), plugin)

    def _add_file(self, path: Path, name: str, plugin: str | None) -> None:
        body = path.read_bytes()
        mark = hashlib.sha256(body).hexdigest()[:10]
        stem, dot, suffix = name.rpartition(".")
        public = f"{stem}.{mark}{dot}{suffix}" if dot else f"{name}.{mark}"
        packed = gzip.compress(body, 9, mtime=0) if path.suffix in COMPRESSIBLE else None
        mime = "font/woff2" if suffix == "woff2" else mimetypes.guess_type(name)[0] or "text/plain"
        self._by_public[public] = StaticFile(path, body, packed, mime, plugin)
        self._public[name] = public

    def digest(self) -> str:
        """Return a short mark of all files together."""
        return hashlib.sha256("".join(sorted(self._by_public)).encode()).hexdigest()[:10]

    def url(self, name: str) -> str:
        """Return the address of a file; a file that is not there is a KeyError that names it."""
        return f"/static/{self._public[name]}"

    def get(self, public: str) -> StaticFile | None:
        """Return the file of an address."""
        found = self._by_public.get(public)
        if found is None and public in self._public:  # css refers to fonts by their plain name
            found = self._by_public[self._public[public]]
        return found


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
    response = Response(found.body, mimetype=found.mime)
    if found.packed and request.accept_encodings.find("gzip") >= 0:
        response = Response(found.packed, mimetype=found.mime)
        response.headers["Content-Encoding"] = "gzip"
    if found.packed:
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
    """Serve the mark to browsers that ask at the old place."""
    portal = current_app.extensions["portal"]
    found = portal.static.get("img/favicon.svg")
    if found is None:
        abort(404)
    return Response(
        found.body, mimetype="image/svg+xml", headers={"Cache-Control": "max-age=86400"}
    )
