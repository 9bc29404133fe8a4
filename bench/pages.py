"""What a page costs against a bare one: processor time in this process, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.bare import app as bare_app

ROUNDS = 5


def milliseconds(work: Callable[[], object], times: int = 20, turns: int = ROUNDS) -> float:
    """Return the processor milliseconds of one piece of work: the best of some rounds."""
    work()
    rounds = []
    for _round in range(turns):
        began = time.process_time()
        for _time in range(times):
            work()
        rounds.append(1000 * (time.process_time() - began) / times)
    return min(rounds)


def bare() -> float:
    """Return the processor milliseconds of the bare page: 20 rows, 100 links, about 40 kB."""
    client = bare_app.test_client()
    return milliseconds(lambda: client.get("/partners").get_data(), times=100)
