"""Sending to a webhook: one request to one address, resolved once, checked, short and small."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugins.rules.addresses import PORTS, Target, is_public
from portal.i18n import _

SECONDS = 5.0
MOST_BYTES = 64 * 1024
KEPT = 500
MOST_READ = 4 * KEPT
"""Bytes that are read of an answer: as many as its first characters may take."""


class Refused(Exception):
    """It must not be sent there, now or later."""


class NotSent(Exception):
    """It did not get there, or was not taken; `status` and `answer` are what came back."""

    def __init__(self, text: str, status: int | None = None, answer: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.answer = answer


@dataclass(frozen=True)
class Answer:
    """What the other side said: status and the first characters of its text."""

    status: int
    text: str


def send(target: Target, content: bytes, headers: Mapping[str, str]) -> Answer:
    """Post to an address and return what it answered, if that is 2xx.

    The name is resolved once and the connection goes to the address that was checked. Redirects
    are not followed. Raises Refused for what leads anywhere but to the open internet, NotSent for
    what may work another time.
    """
    if len(content) > MOST_BYTES:
        raise Refused(_("The message is larger than %(most)s KiB.", most=MOST_BYTES // 1024))
    if target.port not in PORTS:
        raise Refused(_("Port %(port)s is closed.", port=target.port))
    end = time.monotonic() + SECONDS
    address = resolve(target.host, target.port)
    try:
        return _exchange(target, address, content, headers, end)
    except (OSError, http.client.HTTPException) as error:
        if time.monotonic() >= end:
            raise NotSent(
                _("No answer within %(seconds)s seconds.", seconds=int(SECONDS))
            ) from None
        raise NotSent(f"{type(error).__name__}: {error}"[:KEPT]) from None


def resolve(host: str, port: int) -> str:
    """Return the address of a name. Raises Refused unless every one it has is public, NotSent."""
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(SECONDS)
    if not answers:
        raise NotSent(_("The name %(host)s was not found in time.", host=host))
    if isinstance(answers[0], Exception) or not answers[0]:
        raise NotSent(_("There is no address for the name %(host)s.", host=host))
    found = [str(entry[4][0]) for entry in answers[0]]
    for address in found:
        if not is_public(address):
            raise Refused(
                _(
                    "%(host)s leads to %(address)s, which is no public address.",
                    host=host,
                    address=address,
                )
            )
    return found[0]


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """Open a connection to an address that was checked."""
    return socket.create_connection((address, port), timeout=seconds)


def trust() -> ssl.SSLContext:
    """Return what is trusted: the certificates of this machine."""
    return ssl.create_default_context()


def _exchange(
    target: Target, address: str, content: bytes, headers: Mapping[str, str], end: float
) -> Answer:
    line = http.client.HTTPConnection(target.host, target.port)
    opened = [dial(address, target.port, max(end - time.monotonic(), 0.1))]
    # A drop of an answer now and then must not hold the worker: the line is cut when time is over.
    cut = threading.Timer(max(end - time.monotonic(), 0.1), lambda: _cut(opened[-1]))
    cut.daemon = True
    cut.start()
    try:
        if target.scheme == "https":
            wrapped = trust().wrap_socket(
                opened[0], server_hostname=target.host, do_handshake_on_connect=False
            )
            opened.append(wrapped)
            wrapped.do_handshake()
        line.sock = opened[-1]
        sent = {"Host": target.host_header, "Connection": "close", "Accept-Encoding": "identity"}
        line.request("POST", target.path, content, {**sent, **headers})
        answer = line.getresponse()
        text = _beginning(answer)
    finally:
        cut.cancel()
        line.close()
        opened[-1].close()
    if 300 <= answer.status < 400:
        raise NotSent(_("It answered with a redirect, which is not followed."), answer.status, text)
    if not 200 <= answer.status < 300:
        raise NotSent(_("It answered %(status)s.", status=answer.status), answer.status, text)
    return Answer(answer.status, text)


def _beginning(answer: http.client.HTTPResponse) -> str:
    """Return the first characters of an answer; one that never ends has answered all the same."""
    raw = b""
    while len(raw) < MOST_READ:
        try:
            more = answer.read1(MOST_READ)
        except (OSError, http.client.HTTPException):
            break
        if not more:
            break
        raw += more
    return raw.decode(errors="replace").replace("\0", "")[:KEPT]


def _cut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(opened, socket.SHUT_RDWR)
