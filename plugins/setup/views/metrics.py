"""The page `/metrics` for Prometheus; requests are those of the web process that answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hmac import compare_digest
from itertools import accumulate

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from plugins.setup import queries
from portal import db, logs
from portal.errors import NotFound
from portal.web.access import ANYONE, allow

JOB_STATES = ("waiting", "running", "done", "failed", "cancelled")

blueprint = Blueprint("setup_metrics", __name__)


@blueprint.get("/metrics")
@allow(ANYONE, owner="who sends the token of PORTAL_METRICS_TOKEN as bearer")
def show() -> ResponseReturnValue:
    """Show how the portal is, to who has the token; without one nothing is here."""
    token = current_app.config["PORTAL"].metrics_token
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not compare_digest(token.encode(), sent.encode()):
        raise NotFound
    text = "".join(f"portal_{line}\n" for line in _lines())
    return text, {"Content-Type": "text/plain; version=0.0.4", "Cache-Control": "no-store"}


def _lines() -> Iterator[str]:
    portal = current_app.extensions["portal"]
    measured: logs.Measured = portal.measured
    yield from _each("requests_total", "status", measured.statuses)
    sums = list(accumulate(measured.durations[most] for most in logs.SECONDS))
    total = sums[-1] + measured.durations[float("inf")]
    most = [*map(str, logs.SECONDS), "+Inf"]
    yield from _each("request_seconds_bucket", "le", dict(zip(most, [*sums, total], strict=True)))
    yield f"request_seconds_sum {measured.seconds:.6f}"
    yield f"request_seconds_count {total}"
    found = dict(db.query("SELECT state, count(*) FROM job GROUP BY state"))
    yield from _each("jobs", "state", {name: found.get(name, 0) for name in JOB_STATES})
    yield from _each("mails", "state", queries.mail_counts())
    states: Iterable[str] = (status.state for status in portal.registry.statuses().values())
    yield from _each("plugins", "state", Counter(states))


def _each(name: str, label: str, values: Mapping[str, int]) -> Iterator[str]:
    yield from (f'{name}{{{label}="{key}"}} {value}' for key, value in sorted(values.items()))
