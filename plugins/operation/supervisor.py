"""Keeps processes running on a socket that outlives them."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType

log = logging.getLogger("portal.supervisor")

GRACE_SECONDS = 10
STEADY_SECONDS = 30
QUICK_DEATHS = 5
FIRST_PAUSE = 0.25
LOOK_EVERY = 0.1
CODE_EVERY = 1.0
WEB = "web"


class Child:
    """A process that is started again when it dies; its name is for people."""

    def __init__(self, name: str, command: Sequence[str], descriptors: Sequence[int]) -> None:
        self.name = name
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None
        self._descriptors = descriptors
        self._deaths = 0
        self._started = self._due = 0.0
        self._is_leaving = False

    def tend(self) -> int:
        """Start the process when it is due; returns its exit status when that is given up, else 0."""
        now = time.monotonic()
        if self.process is None or self._due:
            if now >= self._due:
                self._start(now)
            return 0
        status = self.process.poll()
        if status is None:
            return 0
        if self._is_leaving:
            self._start(now)
            return 0
        self.signal(signal.SIGTERM)  # what it started itself goes with it
        self._deaths = self._deaths + 1 if now - self._started < STEADY_SECONDS else 1
        if self._deaths > QUICK_DEATHS:
            log.error(
                "The %s process ended %s times, each within %s seconds of its start, the last time with status "
                "%s. It is given up; what it said stands above.",
                *(self.name, self._deaths, STEADY_SECONDS, status),
            )
            return status or 1
        pause = FIRST_PAUSE * 2 ** (self._deaths - 1)
        log.warning(
            "The %s process ended with status %s; it starts again in %s s", self.name, status, pause
        )
        self._due = now + pause
        return 0

    def _start(self, now: float) -> None:
        self.signal(signal.SIGKILL)
        self._started, self._due, self._is_leaving = now, 0.0, False
        # A session of its own: Ctrl-C reaches the supervisor alone, which stops all in order.
        self.process = subprocess.Popen(  # noqa: S603
            self.command, start_new_session=True, pass_fds=self._descriptors
        )

    def renew(self) -> None:
        """Let new code in: the web server exchanges its processes itself, others start again."""
        if self.process is not None:
            self._is_leaving = self.name != WEB
            self.process.send_signal(signal.SIGTERM if self._is_leaving else signal.SIGHUP)

    def signal(self, number: int) -> None:
        """Send a signal to the process and to all it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def stop(self, deadline: float) -> None:
        """Wait for the end until the deadline, then force it."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.1, deadline - time.monotonic()))
        self.signal(signal.SIGKILL)


class Supervisor:
    """Keeps child processes running until it is asked to stop, or one dies again and again."""

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        descriptors: Sequence[int] = (),
        has_new_code: Callable[[], bool] = lambda: False,
    ) -> None:
        self.children = [Child(*item, descriptors) for item in commands.items()]
        self.has_new_code = has_new_code
        self.stopping = False

    def run(self) -> int:
        """Start everything and stay; returns the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        if not (sys.stdin and sys.stdin.isatty()):  # a terminal that is closed says the same
            signal.signal(signal.SIGHUP, self._renew)
        status, next_look = 0, time.monotonic() + CODE_EVERY
        while not self.stopping and not status:
            status = next(filter(None, [child.tend() for child in self.children]), 0)
            time.sleep(LOOK_EVERY)
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + CODE_EVERY
                if self.has_new_code():
                    self._renew()
        for child in self.children:
            if child.process is not None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children:
            child.stop(deadline)
        return 0 if self.stopping else status

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _renew(self, *_: object) -> None:
        for child in self.children:
            child.renew()
