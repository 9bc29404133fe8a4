"""A mail server that keeps what it is told; for tests."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from typing import Any, Self


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb == "RCPT":
                self._recipient(line.split("<")[1].split(">")[0])
            elif verb == "DATA":
                self._data()
            else:
                self.say("250 fine")

    def _recipient(self, address: str) -> None:
        code = self.server.keeper.refuse.get(address)
        if code:
            self.say(f"{code} not here")
            return
        self.server.keeper.recipients.append(address)
        self.say("250 fine")

    def _data(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.keeper.messages.append(message)
        self.say("250 taken")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    keeper: MailServer


class MailServer:
    """Listens on a free port; `refuse` maps addresses to the code they are answered with."""

    def __init__(self, refuse: dict[str, int] | None = None) -> None:
        self.refuse = refuse or {}
        self.messages: list[EmailMessage | Any] = []
        self.recipients: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Talk)
        self._server.keeper = self
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
