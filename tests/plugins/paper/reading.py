"""Takes the text out of PDFs as typst writes them, with the tables that are meant for that."""

from __future__ import annotations

import io
import re
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

# A string may hold brackets in pairs as they are, and typst leaves them so.
TOKEN = re.compile(
    rb"/(\w+) [\d.]+ Tf|\(((?:\\.|[^\\()]|\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\))*)\)", re.S
)
ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.S)
NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def open_pdf(pdf: bytes) -> Any:
    """Return a reader of a PDF."""
    return PdfFileReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """Return all text in the order in which it is drawn, without blanks: lines end anywhere."""
    found = "".join(_text(page) for page in _pages(open_pdf(pdf).root["/Pages"]))
    return squeezed(found)


def squeezed(text: str) -> str:
    """Return a text without blanks, with plain quotes, ligatures apart and no soft hyphens."""
    for fancy, usual in (("“", '"'), ("”", '"'), ("„", '"'), ("’", "'"), ("\u00ad", "")):
        text = text.replace(fancy, usual)
    return "".join(text.split())


def _pages(node: Any) -> list[Any]:
    if node["/Type"] == "/Page":
        return [node]
    kids = node["/Kids"]
    return [page for at in range(len(kids)) for page in _pages(kids[at])]


def _text(page: Any) -> str:
    known = page["/Resources"]["/Font"]
    fonts = {name[1:]: _table(known[name]["/ToUnicode"].data) for name in known}
    found, font = [], dict[int, str]()
    for name, drawn in TOKEN.findall(page["/Contents"].data):
        if name:
            font = fonts[name.decode()]
        else:
            raw = ESCAPE.sub(_unescaped, drawn)
            signs = (int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2))
            found.append("".join(font.get(sign, "") for sign in signs))
    return "".join(found)


def _unescaped(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes([int(sign, 8) & 255]) if len(sign) == 3 else NAMED.get(sign, sign)


def _table(data: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<(\w{4})> <(\w+)>\n", data)
    return {int(key, 16): bytes.fromhex(value.decode()).decode("utf-16-be") for key, value in pairs}
