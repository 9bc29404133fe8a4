"""Lays out PDFs: a template of a plugin, data as JSON, attachments, one file for reading and keeping."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import current_app

from portal import settings
from portal.context import Context
from portal.errors import Unavailable
from portal.i18n import _
from portal.later import Later

typst = Later("typst")  # of the extra "pdf"
pyhanko = Later("pyhanko")
segno = Later("segno")

STANDARDS = ["a-3a", "ua-1"]
TEMPLATE = re.compile(r"([a-z][a-z0-9_]*)/([a-z][a-z0-9_-]*\.typ)")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.[a-z0-9]{1,8}")
KINDS = {
    "json": "application/json", "xml": "application/xml", "txt": "text/plain",
    "csv": "text/csv", "pdf": "application/pdf",
}  # fmt: skip


def available() -> bool:
    """Whether the extra "pdf" is installed."""
    return bool(typst) and bool(pyhanko)


def pdf(
    ctx: Context,
    template: str,
    data: Mapping[str, Any],
    *,
    language: str,
    title: str,
    attachments: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a document as PDF/A-3a and PDF/UA-1.

    `template` is "<plugin>/<file>.typ", a file in the folder `papers/` of the plugin. `data` arrives there
    as it is, so no text in it can become markup; a text under `qr` is drawn by `qr()`. Attachments are
    embedded under their names. Raises Unavailable where the extra "pdf" is missing, ValueError for a
    template or name that can't be.
    """
    if not available():
        raise Unavailable(_("This site makes no PDFs for now. Its operator can switch that on."))
    plugin, file = _template(template)
    with TemporaryDirectory(prefix="paper-") as name:
        root = Path(name)
        for owner in {"paper", plugin}:
            shutil.copytree(_papers(owner), root / owner)
        about = {
            "title": " ".join(title.split()),
            "language": language.replace("_", "-").partition("-")[0],
            "site": settings.of(ctx)["site_name"],
            "attachments": [_attach(root, *item) for item in (attachments or {}).items()],
            "qr": _("QR code of %(address)s", address=data["qr"]) if data.get("qr") else "",
        }
        made: bytes = typst.compile(
            str(root / plugin / file),
            root=str(root),
            ignore_system_fonts=True,
            sys_inputs={
                "data": json.dumps(data, ensure_ascii=False),
                "about": json.dumps(about, ensure_ascii=False),
                "qr": _qr(str(data["qr"])) if data.get("qr") else "",
            },
            pdf_standards=STANDARDS,
            timestamp=int(ctx.clock.now().timestamp()),
        )
    return made


def _template(template: str) -> tuple[str, str]:
    found = TEMPLATE.fullmatch(template)
    if not found or not (_papers(found[1]) / found[2]).is_file():
        raise ValueError(f"No template {template!r}. Write '<plugin>/<file>.typ'.")
    return found[1], found[2]


def _papers(plugin: str) -> Path:
    found = current_app.extensions["portal"].registry.found.get(plugin)
    if found is None or found.manifest is None:
        raise ValueError(f"No plugin {plugin!r}.")
    folder: Path = found.manifest.folder / "papers"
    return folder


def _attach(root: Path, name: str, data: bytes) -> dict[str, str]:
    if not NAME.fullmatch(name):
        raise ValueError(f"An attachment can't be called {name!r}.")
    (root / name).write_bytes(data)
    kind = KINDS.get(name.rpartition(".")[2], "application/octet-stream")
    return {"name": name, "kind": kind}


def _qr(text: str) -> str:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, border=2, dark="#122125"
    )
    return drawn.getvalue().decode()
