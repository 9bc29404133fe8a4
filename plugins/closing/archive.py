"""The archive of a consortium: one file with everything that its members keep, readable anywhere."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from plugins.consortia.interface import Seen, public_facts, tables
from portal import objects
from portal.context import Context
from portal.i18n import _

LISTED = "SHA256SUMS"


def bundle(ctx: Context, consortium: Seen) -> bytes:
    """Return the ZIP file: facts as JSON, tables as CSV, what other plugins add, a list of digests.

    The same consortium gives the same bytes at the same moment.
    """
    files: dict[str, bytes] = {}
    described = json.dumps(asdict(public_facts(consortium)), ensure_ascii=False, indent=2)
    files["consortium.json"] = described.encode()
    for name, (heads, rows) in tables(consortium).items():
        files[f"{name}.csv"] = _csv(heads, rows)
    hooks = objects.registry().hooks
    for plugin, more in hooks.call("consortia_archive", ctx, consortium=consortium):
        for name, content in more.items():
            files[f"{plugin}/{PurePosixPath(name).name}"] = content
    files["README.txt"] = _about(ctx, consortium, files).encode()
    digests = [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in files.items()]
    files[LISTED] = ("\n".join(digests) + "\n").encode()
    return _zip(files, ctx.clock.now())


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _safe(cell: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _about(ctx: Context, consortium: Seen, files: Mapping[str, bytes]) -> str:
    lines = [
        consortium.name,
        "",
        _("Made on %(day)s.", day=ctx.clock.now().date().isoformat()),
        _("Tables are CSV files in UTF-8; every spreadsheet opens them."),
        _("The file %(name)s holds the SHA-256 digest of each other file.", name=LISTED),
        _("Names of persons are left out of the tables; documents are as members put them there."),
    ]
    if consortium.is_fictional:
        lines.append(_("This is a demonstration: the organisations are made up."))
    return "\n".join([*lines, "", *sorted(files)]) + "\n"


def _zip(files: Mapping[str, bytes], moment: datetime) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return made.getvalue()
