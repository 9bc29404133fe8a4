"""The supervisor: what dies starts again on the same socket, what dies again and again is given up."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from plugins.operation import supervisor
from portal.errors import ConfigError
from portal.serving import open_socket

ROOT = Path(__file__).parents[3]
CODE = "import sys; from plugins.operation import supervisor as s; {}; sys.exit(s.Supervisor({}).run())"


def wait_for(claim: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@contextmanager
def running(
    *command: str, descriptors: Sequence[int] = (), **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        pass_fds=descriptors,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()


def supervised(folder: Path, code: str, settings: str = "s.LOOK_EVERY = 0.01") -> tuple[str, str]:
    """A command for a supervisor of one shell that first writes its number into a new file."""
    return "-c", CODE.format(settings, {"test": ["sh", "-c", f"touch '{folder}'/$$; {code}"]})


def started(folder: Path) -> list[int]:
    return sorted(int(path.name) for path in folder.iterdir())


def is_gone(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_process_that_dies_starts_again(tmp_path: Path) -> None:
    with running(*supervised(tmp_path, "exec sleep 60")) as process:
        wait_for(lambda: len(started(tmp_path)) == 1)
        os.kill(started(tmp_path)[0], signal.SIGKILL)
        wait_for(lambda: len(started(tmp_path)) == 2)
        assert process.poll() is None


def test_a_process_that_dies_again_and_again_is_given_up_with_its_status(tmp_path: Path) -> None:
    command = supervised(tmp_path, "exit 3", "s.LOOK_EVERY = s.FIRST_PAUSE = 0.001")
    with running(*command) as process:
        _out, said = process.communicate(timeout=30)
    assert process.returncode == 3
    assert len(started(tmp_path)) == supervisor.QUICK_DEATHS + 1
    assert b"It is given up; what it said stands above." in said


def test_a_process_that_lived_long_is_not_counted(tmp_path: Path) -> None:
    settings = "s.LOOK_EVERY = s.FIRST_PAUSE = s.STEADY_SECONDS = 0.001"
    with running(*supervised(tmp_path, "exit 3", settings)) as process:
        wait_for(lambda: len(started(tmp_path)) > supervisor.QUICK_DEATHS + 2)
        assert process.poll() is None


def test_what_a_dead_process_started_ends_with_it(tmp_path: Path) -> None:
    code = f"sleep 60 & touch '{tmp_path}'/$!; wait"
    with running(*supervised(tmp_path, code)):
        wait_for(lambda: len(started(tmp_path)) == 2)
        first, orphan = started(tmp_path)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: is_gone(orphan))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_asked_to_stop_ends_all_within_seconds(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(*supervised(tmp_path, "exec sleep 60")) as process:
        wait_for(lambda: started(tmp_path))
        process.send_signal(number)
        assert process.wait(5) == 0
        assert is_gone(started(tmp_path)[0])


def test_a_process_that_does_not_end_is_forced(tmp_path: Path) -> None:
    code = "trap '' TERM; while :; do sleep 0.1; done"
    settings = "s.LOOK_EVERY = 0.01; s.GRACE_SECONDS = 0.3"
    with running(*supervised(tmp_path, code, settings)) as process:
        wait_for(lambda: started(tmp_path))
        time.sleep(0.3)
        process.terminate()
        assert process.wait(5) == 0
        wait_for(lambda: is_gone(started(tmp_path)[0]))


def test_new_code_starts_processes_again_without_counting_it_as_a_death(tmp_path: Path) -> None:
    settings = (
        "s.LOOK_EVERY = s.CODE_EVERY = 0.01; s.QUICK_DEATHS = 0; "
        "new = iter([1, 0, 1]); "
        "s.Supervisor.__init__.__defaults__ = ((), lambda: next(new, 0))"
    )
    with running(*supervised(tmp_path, "exec sleep 60", settings)) as process:
        wait_for(lambda: len(started(tmp_path)) == 3)
        assert process.poll() is None
        assert [is_gone(number) for number in started(tmp_path)].count(False) == 1


def test_a_port_that_is_taken_is_refused_in_one_line() -> None:
    with (
        open_socket("127.0.0.1", 0) as taken,
        pytest.raises(ConfigError, match="Choose another with --port"),
    ):
        open_socket("127.0.0.1", taken.getsockname()[1])


class Visitors:
    """People who ask one after the other, without keeping connections; `seen` counts what happens."""

    def __init__(self, port: int, number: int = 4) -> None:
        self.seen: Counter[str] = Counter()
        self.stop = threading.Event()
        self._port = port
        self._threads = [threading.Thread(target=self._ask) for _ in range(number)]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self) -> None:
        while not self.stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=25)
            try:
                connection.request("GET", "/readyz", headers={"Connection": "close"})
                self.seen[str(connection.getresponse().status)] += 1
            except OSError as error:
                self.seen[type(error).__name__] += 1
            except http.client.HTTPException:
                self.seen["cut off"] += 1
            finally:
                connection.close()
            time.sleep(0.01)


def children_of(number: int) -> Iterator[Path]:
    """Yield the folders below /proc of the processes that one started."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((path / "stat").read_text().rpartition(")")[2].split()[1]) == number:
                yield path


def children(number: int) -> dict[str, int]:
    """Return the processes that one started, by what they call themselves."""
    found = {}
    for path in children_of(number):
        with suppress(OSError):
            name = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            found[name.strip()] = int(path.name)
    return found


def web_of(number: int) -> int:
    return next((n for name, n in children(number).items() if "portal web" in name), 0)


def test_web_processes_that_are_told_to_end_while_they_start_end_at_once(tmp_path: Path) -> None:
    pytest.importorskip("granian")
    with open_socket("127.0.0.1", 0) as held:
        command = ("-m", "plugins.operation.server", str(held.fileno()), "2", "1")
        place = {"PORTAL_INSTANCE": str(tmp_path)}
        with running(*command, descriptors=[held.fileno()], **place) as process:
            wait_for(lambda: len(list(children_of(process.pid))) == 2)
            process.terminate()
            assert process.wait(4) == 0  # the kill comes later


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """A portal that is served: port and number of its supervisor."""
    pytest.importorskip("granian")
    instance = str(tmp_path / "instance")
    subprocess.run(
        [sys.executable, "-m", "portal", "init"],
        cwd=ROOT,
        env={**os.environ, "PORTAL_INSTANCE": instance},
        check=True,
        capture_output=True,
    )
    with open_socket("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    command = ("-m", "portal", "serve", "--no-worker", "--port", str(port))
    with running(*command, PORTAL_INSTANCE=instance) as process:
        wait_for(lambda: web_of(process.pid))
        with Visitors(port, 1) as first:
            wait_for(lambda: first.seen["200"])
        yield port, process.pid


def test_nobody_is_refused_while_web_processes_are_killed(served: tuple[int, int]) -> None:
    port, number = served
    with Visitors(port) as visitors:
        wait_for(lambda: visitors.seen["200"] > 20)
        main = web_of(number)
        (process,) = children(main).values()
        os.kill(process, signal.SIGKILL)
        wait_for(lambda: children(main) and process not in children(main).values())
        seen = visitors.seen["200"]
        wait_for(lambda: visitors.seen["200"] > seen + 20)
        os.kill(main, signal.SIGKILL)
        wait_for(lambda: web_of(number) not in {0, main})
        seen = visitors.seen["200"]
        wait_for(lambda: visitors.seen["200"] > seen + 20)
    assert visitors.seen["ConnectionRefusedError"] == 0
    assert sum(visitors.seen.values()) - visitors.seen["200"] <= 2 * 4  # what was being answered


@pytest.mark.full
def test_nobody_is_refused_or_cut_off_while_new_code_is_let_in(served: tuple[int, int]) -> None:
    port, number = served
    with Visitors(port) as visitors:
        for _round in range(3):
            before = set(children(web_of(number)).values())
            os.kill(web_of(number), signal.SIGHUP)
            wait_for(lambda old=before: not old & set(children(web_of(number)).values()))
    assert set(visitors.seen) == {"200"}


def test_web_processes_start_with_the_packages_of_the_runtime_lock(tmp_path: Path) -> None:
    pytest.importorskip("granian")
    hidden = 'import sys\nsys.modules["setproctitle"] = None\n'  # a tool of developers brings it
    (tmp_path / "sitecustomize.py").write_text(hidden, encoding="utf-8")
    with open_socket("127.0.0.1", 0) as held:
        command = ("-m", "plugins.operation.server", str(held.fileno()), "1", "1")
        place = {"PORTAL_INSTANCE": str(tmp_path), "PYTHONPATH": str(tmp_path)}
        with running(*command, descriptors=[held.fileno()], **place) as process:
            wait_for(lambda: process.poll() is not None or list(children_of(process.pid)))
            assert process.poll() is None
