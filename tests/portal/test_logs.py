"""Logs and metrics: what operators see, and what they must not."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import logs
from portal.errors import ConfigError
from tests.factories import post

TOKEN = "an0pening-" * 4
SECRETS = {
    "Sent to lead@school.example today": "Sent to <address> today",
    "{'a.b+c@x-y.example': (550, b'no')}": "{'<address>': (550, b'no')}",
    "postgresql://portal:s3cret@db.example/portal": "postgresql://...@db.example/portal",
    "at /account/reset/Zk3vJ8bq0aYw5nL2xR7tM1cD9eF4gH6i": "at /account/reset/<secret>",
    "key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b": "key <secret>",
    "A_name_without_digits_that_is_long": "A_name_without_digits_that_is_long",
    "portal/organisations/service.py:12": "portal/organisations/service.py:12",
    "ELM Læring i Århus 2024": "ELM Læring i Århus 2024",
}


@pytest.mark.parametrize("text", SECRETS)
def test_personal_data_and_secrets_are_blanked_out(text: str) -> None:
    assert logs.scrub(text) == SECRETS[text]


@pytest.fixture
def lines() -> Iterator[Callable[[], list[Any]]]:
    """What was logged as JSON since the test began."""
    written = io.StringIO()
    root, level = logging.getLogger(), logs.log.level
    handlers = list(root.handlers)
    logs.set_up("json")
    ours = next(item for item in root.handlers if isinstance(item.formatter, logs.JsonLine))
    assert isinstance(ours, logging.StreamHandler)
    ours.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = handlers
    logs.log.setLevel(level)


def test_a_request_is_one_line_with_the_id_of_its_answer(
    client: FlaskClient, lines: Callable[[], list[Any]]
) -> None:
    answer = client.get("/readyz?secret=1")
    (line,) = lines()
    assert (line["method"], line["path"], line["status"]) == ("GET", "/readyz", 200)
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["level"], line["logger"]) == ("info", "portal.requests")
    assert 0 < line["milliseconds"] < 60_000
    assert line["time"].endswith("+00:00")


def test_each_request_has_its_own_id(client: FlaskClient) -> None:
    ids = {client.get("/healthz").headers["X-Request-Id"] for _visit in range(3)}
    assert len(ids) == 3


def test_the_address_of_a_link_that_opens_an_account_is_not_logged(
    client: FlaskClient, lines: Callable[[], list[Any]]
) -> None:
    client.get(f"/account/reset/{TOKEN}")
    assert [line["path"] for line in lines()] == ["/account/reset/<token>"]


def test_an_address_that_does_not_exist_is_logged_without_secrets(
    client: FlaskClient, lines: Callable[[], list[Any]]
) -> None:
    client.get(f"/nothing/lead@school.example/{TOKEN}")
    assert [(line["path"], line["status"]) for line in lines()] == [
        ("/nothing/<address>/<secret>", 404)
    ]


def test_what_is_typed_is_not_logged(client: FlaskClient, lines: Callable[[], list[Any]]) -> None:
    post(client, "/account/sign-in", email="lead@school.example", password="clear water")
    text = json.dumps(lines())
    assert "lead@" not in text and "clear water" not in text


def test_an_error_is_logged_with_its_trace_and_without_personal_data(
    app: Flask, client: FlaskClient, lines: Callable[[], list[Any]], monkeypatch: Any
) -> None:
    def fail() -> None:
        raise RuntimeError("no mail for lead@school.example")

    monkeypatch.setitem(app.view_functions, "pages.healthz", fail)
    fail.access_rows = app.view_functions["pages.home"].access_rows  # type: ignore[attr-defined]
    answer = client.get("/healthz")
    error = next(line for line in lines() if line["level"] == "error")
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert "RuntimeError: no mail for <address>" in error["error"]


def test_text_is_for_people_and_says_nothing_of_good_requests(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    root, handlers = logging.getLogger(), list(logging.getLogger().handlers)
    try:
        logs.set_up("text")
        client.get("/readyz")
        logging.getLogger("portal.mail").warning("Mail to %s failed", "lead@school.example")
    finally:
        root.handlers[:] = handlers
    assert capsys.readouterr().err == "WARNING portal.mail: Mail to <address> failed\n"


def test_another_kind_of_log_is_refused() -> None:
    with pytest.raises(ConfigError, match="text or json"):
        logs.set_up("xml")
