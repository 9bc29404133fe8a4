"""What a robot knows of the web: pages, forms, and every address that a portal has."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.routing import BuildError

from portal.clock import FixedClock

GUESSED = ("public_id", "token", "number", "person", "plugin", "batch")


@dataclass
class Form:
    """A form of a page with what a browser would send of it, and what may be typed into it."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)
    offered: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path, self.found = path, list[Form]()
        self._select = self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take a form, or a field of the last one."""
        has = {name: value or "" for name, value in attributes}
        name, value = has.get("name", ""), has.get("value", "")
        if tag == "form":
            action = has.get("action") or self.path
            self.found.append(Form(action, has.get("method", "get").lower()))
        if not self.found:
            return
        form = self.found[-1]
        if tag == "option" and self._select and value:
            if "selected" in has or not form.values.get(self._select):
                form.values[self._select] = value
        elif tag == "select":
            self._select = name
        elif tag == "textarea" and name:
            self._area, form.values[name] = name, ""
            form.typed.add(name)
        elif tag == "button" and name:
            form.offered.setdefault(name, value)
        elif tag == "input" and name:
            kind = has.get("type", "text")
            if kind in {"radio", "checkbox"}:
                if "checked" in has:
                    form.values[name] = value
                form.offered.setdefault(name, value or "on")
            elif kind != "file":
                form.values[name] = value
                if kind not in {"hidden", "submit"}:
                    form.typed.add(name)

    def handle_endtag(self, tag: str) -> None:
        """Leave a field."""
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Take what stands in a text area."""
        if self._area:
            self.found[-1].values[self._area] += data.lstrip("\n")


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    location: str
    path: str


class Browser:
    """Fetches pages from one network with cookies of its own; each request moves the clock."""

    def __init__(self, app: Flask, network: str, clock: FixedClock, pace: float = 0.0) -> None:
        self.client = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = network
        self.clock, self.pace = clock, timedelta(seconds=pace)
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.after: Callable[[], None] = lambda: None

    def ask(self, method: str, path: str, values: Mapping[str, Any] | None = None) -> Answer:
        """Ask once."""
        self.clock.moment += self.pace
        began = time.perf_counter()
        got = self.client.open(path, method=method, data=values)
        self.seconds.append(time.perf_counter() - began)
        self.statuses[got.status_code] += 1
        assert got.status_code < 500, (method, path, got.text[:300])
        text = got.get_data().decode("utf-8", "replace")
        answer = Answer(got.status_code, text, got.location or "", path)
        got.close()
        self.after()
        return answer

    def get(self, path: str) -> Answer:
        """Fetch a page."""
        return self.ask("GET", path)

    def fill(self, page: str, action: str = "", **values: Any) -> Answer:
        """Send the form of a page whose address ends like `action`, with some values typed."""
        answer = self.get(page)
        for form in Forms(page, answer.text).found:
            if form.method == "post" and form.action.split("?")[0].endswith(action or page):
                return self.ask("POST", form.action, {**form.values, **values})
        return answer


# Addresses


def rules_with(app: Flask, method: str) -> Iterator[Any]:
    """Yield the rules of a method that are worth trying."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda item: item.rule):
        if method in (rule.methods or set()) and not rule.rule.startswith(("/setup", "/static")):
            yield rule


def pages(app: Flask, slugs: list[str]) -> Iterator[str]:
    """Yield every page that takes nothing but a slug."""
    for rule in rules_with(app, "GET"):
        if rule.arguments <= {"slug"}:
            for slug in slugs if rule.arguments else [""]:
                yield built(app, rule, {"slug": slug})


def posts(app: Flask, slugs: list[str]) -> Iterator[str]:
    """Yield every address that does something with what has a slug, with all steps there are."""
    steps = ("submit", "publish", "approve", "show", "reinstate", "restore", "share")
    for rule in rules_with(app, "POST"):
        if "slug" not in rule.arguments or rule.arguments & set(GUESSED):
            continue
        for slug in slugs:
            values = {"slug": slug, "what": "profile"}
            name = next((name for name in ("step", "act") if name in rule.arguments), "")
            choices = getattr(rule._converters[name], "items", None) or steps if name else ("",)
            for step in choices:
                yield built(app, rule, values | ({name: step} if name else {}))


def built(app: Flask, rule: Any, values: dict[str, Any]) -> str:
    """Return the address of a rule, `/` where it has none with these values."""
    with app.test_request_context(), suppress(BuildError, KeyError, TypeError, ValueError):
        found = rule.build(values)
        return str(found[1]) if found else "/"
    return "/"
