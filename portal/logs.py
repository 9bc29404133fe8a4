"""What operators read: lines on stderr, as text or as JSON, with the id of the request.

Mail addresses, passwords in addresses and long secrets are blanked out of whatever is logged.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections import Counter
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from portal.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("portal.requests")

request_id: ContextVar[str] = ContextVar("request_id", default="")

RULE = "portal.rule"
OF_A_REQUEST = ("method", "path", "status", "milliseconds")
LINE = "%(levelname)s %(name)s: %(message)s"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SECRETS = (
    (re.compile(r"(?<=://)[^\s/@]*:[^\s/@]*(?=@)"), "..."),
    (re.compile(r"\w[\w.%+='-]*@[\w-][\w.-]*"), "<address>"),
    (re.compile(r"(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[\w-]{24,}", re.A), "<secret>"),
)


def scrub(text: str) -> str:
    """Blank out what looks like a mail address, a password or a long secret."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class TextLine(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with a trace below it where there is one."""
        return scrub(super().format(record))


class JsonLine(logging.Formatter):
    """A line for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
            "request_id": request_id.get(),
        }
        line |= {name: vars(record)[name] for name in OF_A_REQUEST if name in vars(record)}
        if record.exc_info:
            line["error"] = scrub(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up(kind: str) -> None:
    """Write what is logged to stderr: warnings as text, requests too as json.

    Raises ConfigError for another kind.
    """
    if kind not in {"text", "json"}:
        raise ConfigError(f"PORTAL_LOG_FORMAT is {kind!r}. Write text or json.")
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, TextLine | JsonLine):
            root.removeHandler(handler)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine() if kind == "json" else TextLine(LINE))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    log.setLevel(logging.INFO if kind == "json" else logging.WARNING)


class Measured:
    """Gives each request its id, logs it when it is over, and counts for the page of metrics."""

    def __init__(self, following: WSGIApplication) -> None:
        self._next = following
        self.statuses: Counter[str] = Counter()
        self.durations: Counter[float] = Counter()
        self.seconds = 0.0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        began, seen = time.perf_counter(), ["500"]
        request_id.set(token_hex(8))

        def note(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            seen[0] = status
            return start_response(status, headers, *more)

        try:
            return self._next(environ, note)
        finally:
            self._note(environ, int(seen[0][:3]), time.perf_counter() - began)

    def _note(self, environ: WSGIEnvironment, status: int, took: float) -> None:
        self.statuses[f"{status // 100}xx"] += 1
        self.durations[next((most for most in SECONDS if took <= most), float("inf"))] += 1
        self.seconds += took
        if log.isEnabledFor(logging.INFO):
            # The rule, not the address: an address may hold a link that opens an account.
            path = environ.get(RULE) or scrub(environ.get("PATH_INFO", ""))
            method, milliseconds = environ["REQUEST_METHOD"], round(took * 1000, 1)
            values = dict(zip(OF_A_REQUEST, (method, path, status, milliseconds), strict=True))
            log.info("%s %s", method, path, extra=values)
