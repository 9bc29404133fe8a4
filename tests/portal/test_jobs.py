"""Jobs: queued with the deed, leased by one worker at a time, tried again, never lost."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import db, jobs
from portal.clock import FixedClock
from portal.context import Actor, Context, system_context
from portal.jobs import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job, JobKind
from tests.factories import make_account

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def forget_kinds() -> Iterator[None]:
    kept = dict(jobs._core_kinds)
    yield
    jobs._core_kinds.clear()
    jobs._core_kinds.update(kept)


def kind(run: Any, **more: Any) -> JobKind:
    return JobKind("portal.do_test", run, "Test", **more)


def lease_of(job: Job | None, clock: FixedClock, stopping: bool = False) -> jobs.Lease:
    assert job is not None
    return jobs.Lease(job, clock, lambda: stopping)


def work(ctx: Context, clock: FixedClock, known: JobKind, worker: str = "one") -> bool:
    """Do one job as a worker does; False when none is due."""
    job = jobs.claim(worker, clock.now(), [])
    if job is None:
        return False
    jobs.run(ctx, lease_of(job, clock), known, [known.name])
    return True


# Queueing


def test_a_job_is_queued_with_the_deed_or_not_at_all(any_database: None, ctx: Context) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        jobs.enqueue(ctx, "portal.do_test")
        raise RuntimeError
    assert Job.select().count() == 0


def test_the_same_key_is_the_same_job_until_it_is_finished(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    first = jobs.enqueue(ctx, "portal.do_test", {"n": 1}, key="a")
    assert jobs.enqueue(ctx, "portal.do_test", {"n": 2}, key="a") == first
    assert jobs.enqueue(ctx, "portal.do_other", key="a") != first
    assert work(ctx, clock, kind(lambda *_: None))
    assert jobs.enqueue(ctx, "portal.do_test", key="a") != first


def test_jobs_without_a_key_are_all_different(any_database: None, ctx: Context) -> None:
    assert jobs.enqueue(ctx, "portal.do_test") != jobs.enqueue(ctx, "portal.do_test")


def test_a_job_belongs_to_the_plugin_its_name_begins_with(database: None, ctx: Context) -> None:
    jobs.enqueue(ctx, "portal.do_test")
    jobs.enqueue(ctx, "wolves.do_test")
    assert [job.plugin for job in Job.select().order_by(Job.id)] == ["", "wolves"]


def test_a_job_remembers_who_asked(app: Flask, ctx: Context) -> None:
    account = make_account(app)
    number = jobs.enqueue(ctx.as_actor(Actor(account.id)), "portal.do_test")
    assert Job.get_by_id(number).account_id == account.id


def test_a_job_waits_until_it_is_due(any_database: None, ctx: Context, clock: FixedClock) -> None:
    jobs.enqueue(ctx, "portal.do_test", not_before=clock.now() + timedelta(hours=1))
    assert jobs.claim("one", clock.now(), []) is None
    clock.moment += timedelta(hours=1)
    assert jobs.claim("one", clock.now(), []) is not None


# Leases


def test_a_leased_job_is_nobody_elses_until_the_lease_runs_out(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    number = jobs.enqueue(ctx, "portal.do_test")
    assert jobs.claim("one", clock.now(), []) is not None
    assert jobs.claim("two", clock.now(), []) is None
    clock.moment += jobs.LEASE
    taken = jobs.claim("two", clock.now(), [])
    assert taken is not None and (taken.id, taken.attempts) == (number, 2)


def test_a_report_renews_the_lease_and_shows_the_progress(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    jobs.enqueue(ctx, "portal.do_test")
    lease = lease_of(jobs.claim("one", clock.now(), []), clock)
    clock.moment += jobs.LEASE / 2
    lease.report(0.5, "half of it")
    clock.moment += jobs.LEASE / 2
    assert jobs.claim("two", clock.now(), []) is None
    job = Job.get()
    assert (job.progress, job.note, job.state) == (0.5, "half of it", RUNNING)


def test_who_lost_the_lease_can_write_nothing_into_the_job(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    jobs.enqueue(ctx, "portal.do_test")
    late = lease_of(jobs.claim("one", clock.now(), []), clock)
    clock.moment += jobs.LEASE
    assert jobs.claim("one", clock.now(), []) is not None
    with pytest.raises(jobs.Cancelled):
        late.report(1.0)
    assert not late.end(DONE)
    assert Job.get().state == RUNNING


def test_many_claims_at_once_never_share_a_job(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    for _number in range(40):
        jobs.enqueue(ctx, "portal.do_test")
    taken: list[int] = []
    failures: list[Exception] = []

    def take(name: str) -> None:
        try:
            misses = 0
            while misses < 5:
                job = jobs.claim(name, clock.now(), [])
                if job is None:
                    misses += 1
                else:
                    taken.append(job.id)
        except Exception as error:
            failures.append(error)
        finally:
            db.database.close()

    threads = [threading.Thread(target=take, args=(f"worker {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert sorted(taken) == sorted(job.id for job in Job.select())


def test_jobs_of_a_plugin_that_is_off_are_parked(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    jobs.enqueue(ctx, "wolves.do_test")
    assert jobs.claim("one", clock.now(), ["sheep"]) is None
    assert jobs.claim("one", clock.now(), ["sheep", "wolves"]) is not None


# Ends


def test_a_job_that_is_done_stays_to_be_seen(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    seen: list[Mapping[str, Any]] = []
    jobs.enqueue(ctx, "portal.do_test", {"n": 7})
    assert work(ctx, clock, kind(lambda _ctx, payload, _progress: seen.append(payload)))
    job = Job.get()
    assert (seen, job.state, job.progress) == ([{"n": 7}], DONE, 1.0)
    assert job.finished_at == clock.now() and job.leased_until is None


def fail(*_: Any) -> None:
    raise ValueError("no such school")


def test_a_failed_job_is_tried_again_later_and_later_then_waits_for_a_person(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    jobs.enqueue(ctx, "portal.do_test")
    pauses = []
    for _attempt in range(2):
        assert work(ctx, clock, kind(fail, attempts=3))
        job = Job.get()
        assert (job.state, job.error) == (WAITING, "ValueError: no such school")
        pauses.append(job.due_at - clock.now())
        assert not work(ctx, clock, kind(fail, attempts=3))
        clock.moment = job.due_at
    assert pauses == [timedelta(seconds=10), timedelta(seconds=20)]
    assert work(ctx, clock, kind(fail, attempts=3))
    assert Job.get().state == FAILED
    clock.moment += timedelta(days=1)
    assert not work(ctx, clock, kind(fail, attempts=3))


def test_pauses_have_an_end(database: None, ctx: Context, clock: FixedClock) -> None:
    jobs.enqueue(ctx, "portal.do_test")
    Job.update(attempts=30).execute()
    assert work(ctx, clock, kind(fail, attempts=99))
    assert Job.get().due_at == clock.now() + jobs.LONGEST_PAUSE


def leave(*_: Any) -> None:
    raise SystemExit(3)


def test_a_job_that_wants_to_exit_has_failed(
    database: None, ctx: Context, clock: FixedClock
) -> None:
    jobs.enqueue(ctx, "portal.do_test")
    assert work(ctx, clock, kind(leave, attempts=1))
    assert Job.get().state == FAILED


def test_a_job_in_which_the_worker_died_each_time_is_not_begun_again(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    ran: list[int] = []
    known = kind(lambda *_: ran.append(1), attempts=2)
    jobs.enqueue(ctx, "portal.do_test")
    for _death in range(2):
        assert jobs.claim("one", clock.now(), []) is not None
        clock.moment += jobs.LEASE
    assert work(ctx, clock, known)
    job = Job.get()
    assert (ran, job.state) == ([], FAILED)
    assert "died" in job.error


def test_a_job_of_an_unknown_kind_fails_naming_the_nearest(
    database: None, ctx: Context, clock: FixedClock
) -> None:
    jobs.enqueue(ctx, "portal.do_tset")
    job = jobs.claim("one", clock.now(), [])
    jobs.run(ctx, lease_of(job, clock), None, ["portal.do_test"])
    assert Job.get().state == FAILED
    assert "Did you mean 'portal.do_test'?" in Job.get().error


def test_a_worker_that_stops_gives_the_job_back_uncounted(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    def report(_ctx: Context, _payload: Mapping[str, Any], progress: jobs.Progress) -> None:
        progress.report(0.1)

    jobs.enqueue(ctx, "portal.do_test")
    job = jobs.claim("one", clock.now(), [])
    jobs.run(ctx, lease_of(job, clock, stopping=True), kind(report), [])
    assert (Job.get().state, Job.get().attempts) == (WAITING, 0)


# What people do meanwhile


def test_a_cancelled_job_ends_at_its_next_report(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    jobs.enqueue(ctx, "portal.do_test")
    after: list[int] = []

    def cancelled_meanwhile(
        _ctx: Context, _payload: Mapping[str, Any], progress: jobs.Progress
    ) -> None:
        Job.update(state=CANCELLED).execute()
        progress.report(0.5)
        after.append(1)

    assert work(ctx, clock, kind(cancelled_meanwhile))
    assert (after, Job.get().state) == ([], CANCELLED)


# Regular work


def test_regular_work_is_queued_once_in_each_period_by_any_number_of_workers(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    known = kind(lambda *_: None, every=3600)
    for _worker in range(3):
        jobs.schedule(ctx, [known], {})
    assert work(ctx, clock, known) and not work(ctx, clock, known)
    jobs.schedule(ctx, [known], {})
    assert not work(ctx, clock, known)
    clock.moment += timedelta(hours=1)
    jobs.schedule(ctx, [known], {})
    assert work(ctx, clock, known) and not work(ctx, clock, known)


def test_what_is_not_regular_is_not_queued_by_itself(database: None, ctx: Context) -> None:
    jobs.schedule(ctx, [kind(lambda *_: None)], {})
    assert Job.select().count() == 0


def test_old_jobs_are_deleted_but_not_those_that_wait_or_failed(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    for state in (DONE, CANCELLED, FAILED, WAITING):
        number = jobs.enqueue(ctx, "portal.do_test")
        over = None if state == WAITING else clock.now()
        Job.update(state=state, finished_at=over).where(Job.id == number).execute()
    clock.moment += timedelta(days=30)
    jobs.expire(ctx, 30)
    assert Job.select().count() == 4
    clock.moment += timedelta(seconds=1)
    jobs.expire(ctx, 30)
    assert {job.state for job in Job.select()} == {WAITING, FAILED}


def test_the_last_of_regular_work_stays_so_that_its_period_is_not_queued_again(
    any_database: None, ctx: Context, clock: FixedClock
) -> None:
    known = kind(lambda *_: None, every=7 * 86_400)
    for _week in range(2):
        jobs.schedule(ctx, [known], {})
        assert work(ctx, clock, known)
        clock.moment += timedelta(days=7)
    clock.moment -= timedelta(days=1)
    jobs.expire(ctx, 1)
    assert Job.select().count() == 1
    clock.moment -= timedelta(days=5)
    jobs.schedule(ctx, [known], {})
    assert Job.select().count() == 1


# Kinds


def test_kinds_of_a_plugin_must_carry_its_name(
    app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = app.extensions["portal"].registry.hooks
    offered = [JobKind("wolves.count_sheep", fail, "a"), JobKind("portal.steal", fail, "b")]
    monkeypatch.setattr(hooks, "call", lambda *_: [("wolves", offered)])
    faults: list[BaseException] = []
    monkeypatch.setattr(hooks, "failed", lambda *told: faults.append(told[2]))
    with app.app_context():
        known = jobs.kinds(ctx)
    assert "wolves.count_sheep" in known and "portal.steal" not in known
    assert ["must be named wolves." in str(fault) for fault in faults] == [True]


def test_the_core_registers_its_own_kinds(app: Flask, ctx: Context, forget_kinds: None) -> None:
    jobs.register(kind(fail))
    with app.app_context():
        assert "portal.do_test" in jobs.kinds(ctx)


# Crashes

WORKER = """
import sys, time
from datetime import timedelta
from portal import db, jobs
from portal.clock import SystemClock
from portal.context import system_context

url, path = sys.argv[1:]
db.open_database(url)
jobs.LEASE = timedelta(seconds=1)

def note(ctx, payload, progress):
    progress.report(0.5)
    with open(path, "a") as file:
        file.write(f"{payload['n']}\\n")
    time.sleep(0.005)

kind = jobs.JobKind("portal.do_test", note, "Test", attempts=1000)
print("ready", flush=True)
while True:
    job = jobs.claim("crashing", SystemClock().now(), [])
    if job is None:
        time.sleep(0.02)
        continue
    lease = jobs.Lease(job, SystemClock(), lambda: False)
    jobs.run(system_context(), lease, kind, [])
"""


def crash(url: str, path: Path, seconds: float, workers: int = 2) -> None:
    """Let workers work for a while and kill them wherever they are."""
    command = [sys.executable, "-c", WORKER, url, str(path)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _worker in range(workers)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    time.sleep(seconds)
    for process in running:
        process.kill()
        process.communicate()


def never_lost(url: str, path: Path, number: int, kills: int) -> None:
    chance = random.Random(7)
    with db.transaction():
        for n in range(number):
            jobs.enqueue(system_context(), "portal.do_test", {"n": n})
    for _kill in range(kills):
        crash(url, path, chance.uniform(0.02, 0.3))
    rounds = 0
    while Job.select().where(Job.state != DONE).exists():
        crash(url, path, 1.5)
        rounds += 1
        assert rounds < 20 + number // 20, "jobs that nobody takes"
    seen = [int(line) for line in path.read_text().splitlines()]
    assert set(seen) == set(range(number))
    assert len(seen) - number <= 2 * (kills + rounds)  # each death repeats at most what it ran


def test_a_job_is_never_lost_when_workers_are_killed(
    any_url: str, any_database: None, tmp_path: Path
) -> None:
    never_lost(any_url, tmp_path / "seen", 12, 1)


@pytest.mark.full
def test_a_job_is_never_lost_when_workers_are_killed_many_times(
    any_url: str, any_database: None, tmp_path: Path
) -> None:
    never_lost(any_url, tmp_path / "seen", 400, 25)
