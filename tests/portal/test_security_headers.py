"""Security headers on the answer of every route, to guests and to administrators."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_account, sign_in

FORBIDDEN = ("unsafe-inline", "unsafe-eval", "data:", "*", "http:")


def addresses(app: Flask) -> list[str]:
    """Return one address of each rule, made-up values filled in."""
    return [re.sub(r"<(.+?)>", _value, rule.rule) for rule in app.url_map.iter_rules()]


def _value(part: re.Match[str]) -> str:
    kind = part[1].rpartition(":")[0]
    if kind.startswith("any("):
        return kind[4:].split(",")[0].rstrip(")")
    return "1" if kind == "int" else "no-such-thing"


def check(answer: Any) -> None:
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    assert not any(word in policy for word in FORBIDDEN), policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] in {"same-origin", "strict-origin-when-cross-origin"}
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "Cache-Control" in headers
    assert "X-Powered-By" not in headers


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("role", ["", "SiteAdmin"])
def test_every_route_answers_with_the_headers(
    app: Flask, client: FlaskClient, method: str, role: str
) -> None:
    if role:
        sign_in(client, make_account(app, role=role))
    for address in addresses(app):
        answer = client.open(address, method=method)
        check(answer)
        assert answer.status_code < 500, f"{method} {address}"


@pytest.mark.parametrize("path", ["/no-such-page", "/api/v1/no-such-thing", "/account/sign-in/x"])
def test_error_pages_have_the_headers_too(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    check(answer)


def test_https_is_insisted_on_only_where_it_is_spoken(make_portal: Callable[..., Flask]) -> None:
    client = make_portal(base_url="https://portal.example").test_client()
    assert "Strict-Transport-Security" not in client.get("/").headers
    answer = client.get("/", base_url="https://portal.example")
    assert (
        int(answer.headers["Strict-Transport-Security"].split("=")[1].split(";")[0]) >= 31_536_000
    )


def test_a_page_is_never_shared_between_visitors(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    for path in ("/", "/account/"):
        answer = client.get(path)
        assert "public" not in answer.headers["Cache-Control"]
        assert "Cookie" in answer.headers["Vary"]
