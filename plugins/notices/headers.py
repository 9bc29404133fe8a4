"""The headers with which mail programs offer to stop mails in one click (RFC 2369, RFC 8058)."""

from __future__ import annotations

import re
from email.message import EmailMessage

from portal.mail import Outbox

KIND = "notices/"
LINK = re.compile(r"^(https?://\S+/notices/stop/\S+)$", re.M)


def add_stop(row: Outbox, message: EmailMessage) -> None:
    """Repeat the link that ends a mail of ours in its head; a mail without one is left alone."""
    links = LINK.findall(row.text) if row.kind.startswith(KIND) else []
    if links:
        # A line folded at 78 characters would encode the address, which no mail program reads.
        message.policy = message.policy.clone(max_line_length=998)  # type: ignore[misc]
        message["List-Unsubscribe"] = f"<{links[-1]}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
