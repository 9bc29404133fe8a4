"""Looks at a page as a careful visitor would: language, title, heading, labels, nothing inline."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.web.access import access_row

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
LABELLED = {"input", "select", "textarea"}
UNLABELLED_TYPES = {"hidden", "submit", "button", "reset", "image"}
NAMED = {"a", "button", "summary"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Page(HTMLParser):
    """What a page says of itself, collected while it is read."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = text
        self.faults: list[str] = []
        self.lang = ""
        self.title = ""
        self.headings: list[str] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self._fields: list[dict[str, str]] = []
        self._labels: set[str] = set()
        self._referred: list[tuple[str, str]] = []
        self._open: list[dict[str, Any]] = []
        self.feed(text)
        self.close()
        self._finish()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Look at an element and remember what closes later."""
        found = {name: value or "" for name, value in attributes}
        self._look(tag, found)
        if tag not in VOID:
            self._open.append({"tag": tag, "text": "", "attributes": found})
        if tag == "img":
            self._say(found.get("alt", ""))
            if "alt" not in found:
                self.faults.append(f"picture without alt: {found.get('src')}")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Look at an element that closes itself, as in SVG."""
        self._look(tag, {name: value or "" for name, value in attributes})

    def handle_endtag(self, tag: str) -> None:
        """Take down what an element said."""
        if tag not in [item["tag"] for item in self._open]:
            self.faults.append(f"</{tag}> closes nothing")
            return
        while self._open:
            item = self._open.pop()
            self._closed(item["tag"], " ".join(item["text"].split()), item["attributes"])
            if item["tag"] == tag:
                return

    def handle_data(self, data: str) -> None:
        """Give the text to all elements around it."""
        if self._open and self._open[-1]["tag"] in {"script", "style"}:
            self._open[-1]["text"] += data
            return
        self._say(data)

    def _say(self, text: str) -> None:
        for item in self._open:
            item["text"] += text

    def _look(self, tag: str, found: dict[str, str]) -> None:
        if tag == "html":
            self.lang = found.get("lang", "")
        if "id" in found:
            self.ids[found["id"]] += 1
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "label" and "for" in found:
            self._labels.add(found["for"])
            self._referred.append(("label for", found["for"]))
        for name, value in found.items():
            if name.startswith("on"):
                self.faults.append(f"<{tag} {name}>: handlers belong in scripts")
            if name == "style":
                self.faults.append(f"<{tag} style>: styles belong in style sheets")
            if name in {"href", "src", "action"} and value.strip().lower().startswith(
                ("javascript:", "data:")
            ):
                self.faults.append(f"<{tag} {name}={value[:30]!r}>")
            if name in {"aria-labelledby", "aria-describedby", "aria-controls"}:
                self._referred += [(name, word) for word in value.split()]
        if tag == "style":
            self.faults.append("<style>: styles belong in style sheets")
        if tag == "script" and not found.get("src") and found.get("type") != "application/ld+json":
            self.faults.append("<script> without src")
        if tag in LABELLED and found.get("type", "text") not in UNLABELLED_TYPES:
            inside = any(item["tag"] == "label" for item in self._open)
            self._fields.append({**found, "inside": "yes" if inside else ""})

    def _closed(self, tag: str, text: str, attributes: dict[str, str]) -> None:
        if tag == "title" and not any(item["tag"] == "svg" for item in self._open):
            self.title = self.title or text
        if tag == "h1":
            self.headings.append(text)
        words = text or attributes.get("aria-label") or attributes.get("title")
        if tag in NAMED and not words and (tag != "a" or "href" in attributes):
            self.faults.append(f"<{tag}> without words: {attributes}")
        if tag in {"h1", "h2", "h3", "h4"} and not text:
            self.faults.append(f"empty <{tag}>")

    def _finish(self) -> None:
        for field in self._fields:
            named = field["inside"] or field.get("aria-label") or field.get("aria-labelledby")
            if not named and field.get("id") not in self._labels:
                self.faults.append(f"field without a label: {field.get('name')}")
        self.faults += [f"id {name!r} stands twice" for name, n in self.ids.items() if n > 1]
        self.faults += [
            f"{kind} names {word!r}, which is not there"
            for kind, word in self._referred
            if word not in self.ids
        ]
        if len(self.headings) != 1:
            self.faults.append(f"{len(self.headings)} h1: {self.headings}")
        if not self.title:
            self.faults.append("no title")
        if not self.lang:
            self.faults.append("no language")


def faults(answer: TestResponse, lang: str = "") -> list[str]:
    """Return what is wrong with an answer that should be a page."""
    page = Page(answer.text)
    found = list(page.faults)
    if lang and page.lang != lang:
        found.append(f"language {page.lang!r} instead of {lang!r}")
    policy = answer.headers.get("Content-Security-Policy", "")
    if "unsafe" in policy or "default-src" not in policy:
        found.append(f"policy: {policy!r}")
    for name, value in HEADERS.items():
        if answer.headers.get(name) != value:
            found.append(f"header {name}: {answer.headers.get(name)!r}")
    if not answer.headers.get("Referrer-Policy") or not answer.headers.get("Permissions-Policy"):
        found.append("header Referrer-Policy or Permissions-Policy is missing")
    if not answer.headers.get("Cache-Control"):
        found.append("header Cache-Control is missing")
    return found


class Visitor:
    """Fetches pages with a client and refuses those with faults."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def __call__(self, address: str, status: int = 200, lang: str = "", **more: Any) -> Page:
        """Fetch a page, check it, and return what it says."""
        answer = self.client.get(address, **more)
        assert answer.status_code == status, (address, answer.status_code, answer.text[:400])
        assert answer.mimetype == "text/html", (address, answer.mimetype)
        found = faults(answer, lang)
        assert found == [], (address, found)
        return Page(answer.text)


def unlisted(app: Flask) -> list[str]:
    """Name the routes without a row in the access table."""
    return [
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if access_row(app.view_functions[rule.endpoint], method) is None
    ]
