"""What a document may be, who reads it, and what a version changed: plain values."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath
from typing import Any

from portal.errors import Invalid
from portal.i18n import _

MEMBERS, CONTACTS, PUBLIC = "members", "contacts", "public"
AUDIENCES = (MEMBERS, CONTACTS, PUBLIC)
TITLE_LENGTH, NOTE_LENGTH, NAME_LENGTH = 160, 300, 80
MOST_DOCUMENTS, MOST_VERSIONS = 500, 200
MEGABYTE = 1_000_000
DAYS_TO_BRING_BACK = 30

MAGIC = {
    b"%PDF-": ("application/pdf", ".pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", ".png"),
    b"\xff\xd8\xff": ("image/jpeg", ".jpg"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument"
OFFICE = {
    "word/document.xml": (f"{_OFFICE}.wordprocessingml.document", ".docx"),
    "xl/workbook.xml": (f"{_OFFICE}.spreadsheetml.sheet", ".xlsx"),
    "ppt/presentation.xml": (f"{_OFFICE}.presentationml.presentation", ".pptx"),
}
"""Files of office programs by a part that they always have."""
_OPEN = "application/vnd.oasis.opendocument"
OPEN = {f"{_OPEN}.text": ".odt", f"{_OPEN}.spreadsheet": ".ods", f"{_OPEN}.presentation": ".odp"}
TEXTS = {".txt": "text/plain", ".md": "text/plain", ".csv": "text/csv"}
ACCEPTED = ".pdf,.docx,.xlsx,.pptx,.odt,.ods,.odp,.txt,.csv,.md,.png,.jpg,.jpeg"
_SPACES = {"\t", "\n", "\r", "\f"}


def end_of(name: str) -> str:
    """Return how a file's name ends, in small letters."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def kind_of(name: str, content: bytes, most_megabytes: int) -> tuple[str, str]:
    """Return what a file is and how its name must end, by what stands in it.

    Raises Invalid for files that are empty, too large, not documents, or have macros.
    """
    if not content:
        raise Invalid(_("Choose a file that is not empty."), field="file")
    if len(content) > most_megabytes * MEGABYTE:
        raise Invalid(
            _("The file is too large: at most %(most)s MB. Make its pictures smaller, or split it.",
              most=most_megabytes), field="file")  # fmt: skip
    for start, found in MAGIC.items():
        if content.startswith(start):
            return found
    found_office = _office(content) if content.startswith(b"PK\x03\x04") else None
    if found_office:
        return found_office
    end = end_of(name)
    if end in TEXTS and _is_text(content):
        return TEXTS[end], end
    raise Invalid(
        _("This is none of the files that can be kept here: PDF, Word, Excel, PowerPoint, "
          "OpenDocument, text, CSV, PNG or JPEG. Save it as PDF and try again."),
        field="file")  # fmt: skip


def _office(content: bytes) -> tuple[str, str] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            kind = ""
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").decode("ascii", "replace").strip()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError):
        return None
    if any(name.endswith("vbaProject.bin") or name.startswith("Basic/") for name in names):
        raise Invalid(_("This file has macros. Save it without them, or as PDF."), field="file")
    if kind in OPEN:
        return kind, OPEN[kind]
    if "[Content_Types].xml" in names:
        return next((found for part, found in OFFICE.items() if part in names), None)
    return None


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(sign >= " " or sign in _SPACES for sign in text)


def file_name(name: str, end: str) -> str:
    """Return a file's name without folders and signs that no system takes, with its right end."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign if sign.isalnum() or sign in " ._-()" else "_" for sign in last)
    stem = plain.strip(". ").rpartition(".")[0] if "." in plain.strip(". ") else plain.strip(". ")
    return f"{stem.strip()[:NAME_LENGTH] or 'document'}{end}"


def line(text: str, field: str, most: int, may_be_empty: bool = False) -> str:
    """Return a text in one line. Raises Invalid."""
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not clean and not may_be_empty:
        raise Invalid(_("Fill this in; it can't stay empty."), field=field)
    if len(clean) > most:
        raise Invalid(_("Write at most %(most)s characters.", most=most), field=field)
    return clean


def audience(text: str, is_lead: bool) -> str:
    """Return who reads a document. Raises Invalid; only the lead shows one to everybody."""
    if text not in AUDIENCES:
        raise Invalid(_("Choose who may read it."), field="audience")
    if text == PUBLIC and not is_lead:
        raise Invalid(_("Only the lead shows a document to everybody."), field="audience")
    return text


def changed(before: Any, after: Any) -> list[str]:
    """Return what differs between two versions: "title", "audience", "file"; the first is "added"."""
    if before is None:
        return ["added"]
    names = {"title": "title", "audience": "audience", "file_id": "file"}
    return [word for name, word in names.items() if getattr(before, name) != getattr(after, name)]


def megabytes(size: int) -> float:
    """Return a size in MB with one decimal, at least 0.1."""
    return max(round(size / MEGABYTE, 1), 0.1) if size else 0.0
