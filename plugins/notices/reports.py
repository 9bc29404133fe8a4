"""Reads what mail servers send back: delivery status notifications (RFC 3464, codes: RFC 3463).

Anybody may write to a mailbox, so that nothing in a message is trusted: it is cut off at a length,
whatever the parser stumbles over makes it no report, and what it says counts only for a mail whose
Message-ID it knows, which only those learn who got that mail.
"""

from __future__ import annotations

import email
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("portal.notices")

MOST_BYTES = 1_000_000
MOST_PARTS = 100
MOST_MAILS = 20
SAID_LENGTH = 300
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
MESSAGE_ID = re.compile(rb"<(\d{1,15})\.([0-9a-f]{24})@[^<>\s]{1,255}>")
SOFT_BREAK = re.compile(rb"=\r?\n")


@dataclass(frozen=True)
class Report:
    """What came back: the mails it may be about, by number and Message-ID, and why."""

    mails: tuple[tuple[int, str], ...]
    status: str
    said: str
    is_permanent: bool


def read(raw: bytes) -> Report | None:
    """Return what a report says; None for what is no report of a failure.

    Of several recipients the worst counts: our mails have one. A server that gives up after a
    temporary failure reports status 4.x.x, which stays temporary: the mailbox may be back tomorrow.
    """
    raw = raw[:MOST_BYTES]
    try:
        failures = list(_failures(email.message_from_bytes(raw)))
    except Exception as error:  # the parser raises whatever comes, such as RecursionError
        log.info("A message could not be read as a report: %s", type(error).__name__)
        return None
    if not failures:
        return None
    status, said = max(failures, key=lambda failure: failure[0])
    found = MESSAGE_ID.finditer(SOFT_BREAK.sub(b"", raw))
    mails = dict.fromkeys((int(item[1]), item[0].decode("ascii", "replace")) for item in found)
    return Report(tuple(mails)[:MOST_MAILS], status, said, status.startswith("5"))


def _failures(message: Any) -> Iterator[tuple[str, str]]:
    """Yield status and reason of each recipient who did not get the mail.

    What is only delayed, a server still tries; it may arrive.
    """
    for part in _parts(message):
        blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else ()
        for block in blocks if isinstance(blocks, list) else ():
            found = STATUS.search(str(block.get("Status", "")))
            action = str(block.get("Action", "")).strip().lower()
            if found and found[1] != "2" and action == "failed":
                yield found[0], _plain(str(block.get("Diagnostic-Code", "")))


def _parts(message: Any) -> Iterator[Any]:
    """Yield the parts of a message, some of very many; not those of the mail that came back."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part, seen = waiting.pop(), seen + 1
        yield part
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting += payload[:MOST_PARTS]


def _plain(text: str) -> str:
    """Return a server's words on one line, without what no page could show."""
    shown = "".join(c if c.isprintable() else " " for c in text[: SAID_LENGTH * 4])
    return " ".join(shown.encode("utf-8", "replace").decode().split())[:SAID_LENGTH]
