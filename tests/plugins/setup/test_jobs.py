"""What administrators do with jobs: once, and only where the job is at."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.setup import service
from portal import db, jobs
from portal.clock import FixedClock
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, NotAllowed, NotFound
from portal.jobs import DONE, FAILED, WAITING, Job


def test_a_job_that_is_done_can_not_be_cancelled(
    database: None, ctx: Context, clock: FixedClock
) -> None:
    number = jobs.enqueue(ctx, "portal.do_test")
    Job.update(state=DONE).execute()
    with pytest.raises(Conflict):
        service.cancel_job(ctx, number)


def test_a_failed_job_can_be_retried_from_the_start(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    number = jobs.enqueue(ctx, "portal.do_test")
    Job.update(state=FAILED, attempts=1, error="no such school").execute()
    service.retry_job(ctx, number)
    job = Job.get()
    assert (job.state, job.attempts, job.error) == (WAITING, 0, "")
    assert jobs.claim("one", clock.now(), []) is not None


def test_a_retry_does_not_double_work_that_waits(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    number = jobs.enqueue(ctx, "portal.do_test", key="a")
    Job.update(state=FAILED, attempts=1, error="no such school").execute()
    jobs.enqueue(ctx, "portal.do_test", key="a")
    with pytest.raises(Conflict):
        service.retry_job(ctx, number)
    assert db.query("SELECT count(*) FROM job") == [(2,)]


def test_a_job_that_waits_can_not_be_retried(database: None, ctx: Context) -> None:
    number = jobs.enqueue(ctx, "portal.do_test")
    with pytest.raises(Conflict):
        service.retry_job(ctx, number)


@pytest.mark.parametrize("act", [service.retry_job, service.cancel_job])
def test_jobs_are_the_administrators_alone(database: None, ctx: Context, act: Any) -> None:
    with pytest.raises(NotFound):
        act(ctx, 1)
    with pytest.raises(NotAllowed):
        act(ctx.as_actor(ANONYMOUS), 1)
