"""The page of metrics: who may see it, and what it counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import db, jobs, logs, mail
from portal.context import Context

TOKEN = "an0pening-" * 4


def metrics(client: FlaskClient, token: str = TOKEN) -> tuple[int, dict[str, float]]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    if answer.status_code != 200:
        return answer.status_code, {}
    pairs = (line.rsplit(" ", 1) for line in answer.text.splitlines())
    return 200, {name: float(value) for name, value in pairs}


@pytest.fixture
def watched(make_portal: Callable[..., Flask]) -> Flask:
    """A portal whose metrics can be read."""
    return make_portal(metrics_token=TOKEN)


def test_metrics_are_not_there_without_a_token(client: FlaskClient) -> None:
    assert metrics(client, "")[0] == 404


@pytest.mark.parametrize("token", ["", "wrong", "Bearer", f"{TOKEN}x", "ü"])
def test_metrics_are_not_there_for_who_has_another_token(watched: Flask, token: str) -> None:
    assert metrics(watched.test_client(), token)[0] == 404


def test_requests_are_counted_by_class_and_duration(watched: Flask) -> None:
    client = watched.test_client()
    for path in ("/", "/healthz", "/nothing"):
        client.get(path)
    _status, found = metrics(client)
    assert found['portal_requests_total{status="2xx"}'] == 2
    assert found['portal_requests_total{status="4xx"}'] == 1
    assert found['portal_request_seconds_bucket{le="+Inf"}'] == 3
    assert found["portal_request_seconds_count"] == 3
    buckets = [value for name, value in found.items() if "_bucket" in name and "Inf" not in name]
    assert max(buckets) <= 3
    assert 0 < found["portal_request_seconds_sum"] < 60


def test_a_longer_time_counts_in_all_larger_classes(watched: Flask) -> None:
    measured = watched.extensions["portal"].measured
    environ = {"REQUEST_METHOD": "GET"}
    for took in (0.02, 0.2, 99.0):
        measured._note(environ, 200, took)
    _status, found = metrics(watched.test_client())
    cumulative = [found[f'portal_request_seconds_bucket{{le="{most}"}}'] for most in logs.SECONDS]
    assert cumulative == [0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    assert found['portal_request_seconds_bucket{le="+Inf"}'] == 3


def test_what_waits_and_what_failed_is_counted(watched: Flask, ctx: Context) -> None:
    with watched.app_context():
        for attempts in (0, mail.MOST_ATTEMPTS, mail.MOST_ATTEMPTS):
            number = mail.enqueue(ctx, "lead@school.example", "signin/no-account")
            mail.Outbox.update(attempts=attempts).where(mail.Outbox.id == number).execute()
        db.execute("DELETE FROM job")
        jobs.enqueue(ctx, "portal.tidy_up")
    _status, found = metrics(watched.test_client())
    assert found['portal_mails{state="waiting"}'] == 1
    assert found['portal_mails{state="failed"}'] == 2
    assert found['portal_jobs{state="waiting"}'] == 1
    assert found['portal_jobs{state="failed"}'] == 0
    assert found['portal_plugins{state="active"}'] >= 1
