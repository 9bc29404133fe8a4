"""Starts servers, counts what processor time and memory they take, and asks them questions."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Server:
    """A server process with all its children; stopped when the block ends."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], ready: str) -> None:
        self.port = free_port()
        self._command = [part.replace("{port}", str(self.port)) for part in command]
        self._environment = {**os.environ, **environment}
        self._ready = ready
        self.seconds_to_start = 0.0
        self._known: list[int] = []
        self._times: dict[str, int] = {}

    def __enter__(self) -> Self:
        started = time.perf_counter()
        self._process = subprocess.Popen(
            self._command, env=self._environment, cwd=ROOT, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            self._wait(started)
        except BaseException:
            self.stop()
            raise
        self.settle()
        self.client = Client(self.port)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.client.close()
        self.stop()

    def stop(self) -> None:
        """End the server and what it started."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(12)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def processes(self) -> list[int]:
        """List the process and its descendants."""
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
        found = [self._process.pid]
        for number in found:
            found += parents.get(number, [])
        return found

    def cpu_seconds(self) -> float:
        """Give the processor time taken so far; of threads that ended, what was seen last."""
        for number in self._known or self.processes():
            with suppress(OSError):
                for task in Path(f"/proc/{number}/task").iterdir():
                    self._times[task.name] = int((task / "schedstat").read_text().split()[0])
        return sum(self._times.values()) / 1e9

    def settle(self) -> None:
        """Remember the processes, so that asking for their time costs little."""
        self._known = self.processes()

    def memory_mib(self) -> float:
        """Give the memory of the largest process: the one that answers."""
        sizes = []
        for number in self.processes():
            with suppress(OSError):
                sizes.append(int(_stat(number)[21]) * _PAGE / 2**20)
        return max(sizes)

    def _wait(self, started: float) -> None:
        while time.perf_counter() - started < 60:
            if self._process.poll() is not None:
                break
            with suppress(OSError):
                client = Client(self.port)
                status = client.get(self._ready).status
                client.close()
                if status == 200:
                    self.seconds_to_start = time.perf_counter() - started
                    return
            time.sleep(0.01)
        raise RuntimeError(f"The server did not answer {self._ready}: {' '.join(self._command)}")


def _stat(number: int) -> list[str]:
    """Give the fields of a process from its state on: a name may hold blanks."""
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Client:
    """One connection that is kept; as little work as possible for each request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask once; a connection that the server closed meanwhile is opened anew."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()
        started = time.perf_counter()
        try:
            self._socket.sendall(request)
            head = self._until(b"\r\n\r\n")
        except ConnectionError:
            self.close()
            self._open()
            self._socket.sendall(request)
            head = self._until(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        found = dict(line.lower().split(": ", 1) for line in rest if ": " in line)
        body = self._body(int(first.split()[1]), found)
        return Answer(int(first.split()[1]), found, body, time.perf_counter() - started)

    def _body(self, status: int, headers: Mapping[str, str]) -> bytes:
        if status == 304:
            return b""
        if "chunked" not in headers.get("transfer-encoding", ""):
            return self._exactly(int(headers["content-length"]))
        parts = []
        while size := int(self._until(b"\r\n"), 16):
            parts.append(self._exactly(size))
            self._exactly(2)
        self._exactly(2)
        return b"".join(parts)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _more(self) -> None:
        data = self._socket.recv(1 << 18)
        if not data:
            raise ConnectionResetError
        self._rest += data
