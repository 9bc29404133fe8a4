"""Nothing acknowledged is lost, nothing is done twice, and a restart is nobody's business.

Small here, with seeded faults that must be found; at full size by `make reliability`.
"""

from __future__ import annotations

import http.client
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.storm import Portal, Storm, counted, median

MakeSite = Callable[..., Portal]
NOTHING_WRONG = {
    "lost": 0,
    "doubled": 0,
    "without exactly one member": 0,
    "without exactly one audit entry": 0,
    "faults in the audit log": 0,
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[MakeSite]:
    """Make a filled portal that runs apart: `site(url, processes, seeded)`."""
    made: list[Portal] = []

    def make(url: str = "", processes: int = 2, seeded: str = "") -> Portal:
        folder = tmp_path / f"site-{len(made)}"
        folder.mkdir()
        portal = Portal(folder, url or f"sqlite:///{folder / 'portal.db'}", processes, seeded)
        portal.fill(None if url else ["operation"])
        made.append(portal)
        return portal

    yield make
    for portal in made:
        portal.stop()
        if portal.socket is not None:
            portal.socket.close()


def storm_with_kills(
    portal: Portal, cycles: int, writers: int, seconds: tuple[float, float]
) -> tuple[Storm, dict[str, int]]:
    """Kill the portal at a random moment of each storm; look each time at what is left."""
    portal.start()
    storm = Storm(portal.port, writers)
    storm.sign_in()
    found: dict[str, int] = {}
    for _cycle in range(cycles):
        with storm.blowing():
            time.sleep(random.uniform(*seconds))
            portal.kill()
        portal.start()
        storm.send_again()
        found = counted(portal.url, storm)
        if {name: found[name] for name in NOTHING_WRONG} != NOTHING_WRONG:
            break
    return storm, found


def tell(name: str, **figures: Any) -> None:
    """Say the figures of a long proof; `make reliability` shows them."""
    said = ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in figures.items())
    sys.stdout.write(f"\n{name}: {said}\n")


def wrong(found: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in found.items() if count and name != "written"}


def test_what_was_acknowledged_survives_a_kill_and_is_there_once(site: MakeSite) -> None:
    storm, found = storm_with_kills(site(), cycles=2, writers=4, seconds=(0.5, 1.0))

    assert found["written"] > 10
    assert wrong(found) == {}
    assert storm.cut_off == set()


@pytest.mark.full
@pytest.mark.parametrize(("seeded", "what"), [("early", "lost"), ("twice", "doubled")])
def test_a_portal_that_answers_too_early_or_forgets_keys_is_found(
    seeded: str, what: str, site: MakeSite
) -> None:
    _storm, found = storm_with_kills(site(seeded=seeded), cycles=3, writers=4, seconds=(1.0, 1.5))

    assert found[what] > 0


def contention(portal: Portal, writers: int, seconds: float) -> Storm:
    """Let many processes write at once for a while."""
    portal.start()
    storm = Storm(portal.port, writers)
    storm.sign_in()
    with storm.blowing():
        time.sleep(seconds)
    return storm


def locked(portal: Portal) -> int:
    return portal.log.read_text(errors="replace").count("database is locked")


def test_many_processes_write_at_once_and_nobody_is_turned_away(site: MakeSite) -> None:
    portal = site(processes=3)

    storm = contention(portal, writers=6, seconds=2)

    assert set(storm.statuses) == {303}
    assert locked(portal) == 0
    assert wrong(counted(portal.url, storm)) == {}


@pytest.mark.full
def test_transactions_that_take_their_lock_late_are_found(site: MakeSite) -> None:
    portal = site(processes=3, seeded="deferred")

    storm = contention(portal, writers=6, seconds=3)

    assert locked(portal) > 0 or any(status >= 500 for status in storm.statuses)


def restarts(portal: Portal, times: int, writers: int, pause: float) -> Storm:
    """End the web processes by TERM under a storm and start them anew, again and again.

    Every other time they are ended at once, while they start.
    """
    portal.start()
    storm = Storm(portal.port, writers)
    storm.sign_in()
    with storm.blowing():
        for number in range(times):
            if number % 2 == 0:
                storm.wait_for_an_answer()
            time.sleep(random.uniform(0, pause))
            portal.stop()
            portal.start(wait=portal.socket is None)
        storm.wait_for_an_answer()
    return storm


def test_a_restart_with_the_socket_held_refuses_nobody_and_loses_nothing(site: MakeSite) -> None:
    portal = site()
    portal.hold_socket()

    storm = restarts(portal, times=2, writers=4, pause=0.5)
    storm.send_again()

    assert (storm.refused, len(storm.cut_off), set(storm.statuses)) == (0, 0, {303})
    assert wrong(counted(portal.url, storm)) == {}


def test_who_connected_before_a_restart_and_asks_after_it_is_answered(site: MakeSite) -> None:
    portal = site(processes=1)
    portal.hold_socket()
    portal.start()
    visitor = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
    visitor.connect()

    portal.stop()
    portal.start(wait=False)

    visitor.request("GET", "/healthz")
    assert visitor.getresponse().status == 200


@pytest.mark.full
def test_a_restart_without_the_socket_held_is_found(site: MakeSite) -> None:
    storm = restarts(site(), times=1, writers=4, pause=0.5)

    assert storm.refused + len(storm.cut_off) > 0


# At full size: `make reliability`.


@pytest.mark.reliability
@pytest.mark.timeout(3_600)
def test_twenty_five_kills_lose_and_double_nothing(site: MakeSite, any_url: str) -> None:
    portal = site(any_url, processes=4)

    storm, found = storm_with_kills(portal, cycles=25, writers=8, seconds=(0.5, 3.0))

    tell("kill -9", **found, cut_off_and_sent_again=storm.refused, kills=25,
         ready_after=f"{median(portal.ready[1:]):.2f} s (median), {max(portal.ready[1:]):.2f} s (longest)")  # fmt: skip
    assert found["written"] > 500
    assert wrong(found) == {}
    assert median(portal.ready[1:]) <= 3.0


@pytest.mark.reliability
@pytest.mark.timeout(3_600)
def test_eight_processes_write_for_a_minute(site: MakeSite, any_url: str) -> None:
    portal = site(any_url, processes=8)

    storm = contention(portal, writers=16, seconds=60)

    found = counted(portal.url, storm)
    tell("contention", **found, statuses=dict(storm.statuses), locked=locked(portal),
         longest_wait=f"{storm.longest:.2f} s")  # fmt: skip
    assert set(storm.statuses) == {303}
    assert (locked(portal), storm.refused, len(storm.cut_off)) == (0, 0, 0)
    assert wrong(found) == {}
    assert storm.longest < 5


@pytest.mark.reliability
@pytest.mark.timeout(3_600)
def test_twenty_restarts_refuse_and_cut_off_nobody(site: MakeSite, any_url: str) -> None:
    portal = site(any_url, processes=4)
    portal.hold_socket()

    storm = restarts(portal, times=20, writers=8, pause=1.5)

    found = counted(portal.url, storm)
    tell("restarts", **found, refused=storm.refused, cut_off=len(storm.cut_off),
         statuses=dict(storm.statuses), longest_wait=f"{storm.longest:.2f} s")  # fmt: skip
    assert (storm.refused, len(storm.cut_off), set(storm.statuses)) == (0, 0, {303})
    assert wrong(found) == {}
