"""Mail: what waits, what failed and why, trying again, what it says."""

from __future__ import annotations

import re

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import frame, labels, queries, service
from plugins.setup.views.base import blueprint
from portal.i18n import _, pgettext
from portal.mail import MOST_ATTEMPTS, Outbox
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context

SECRET = re.compile(r"[A-Za-z0-9_-]{20,}")
LINK = re.compile(r"(https?://\S*/)\S+")


@blueprint.get("/mail")
@allow(ADMIN)
def mails() -> ResponseReturnValue:
    """List mails, newest first."""
    state = request.args.get("state", "")
    query = queries.mails(state)
    if frame.wants("csv"):
        heads = [
            _("Number"),
            pgettext("recipient", "To"),
            _("Kind"),
            _("State"),
            _("Attempts"),
            _("Error"),
            _("Since"),
        ]
        rows = query.order_by(Outbox.id).limit(queries.MOST_EXPORTED)
        cells = (
            (
                r.id,
                r.recipient,
                r.kind,
                labels.mail_state(r, MOST_ATTEMPTS)[0],
                r.attempts,
                r.error,
                r.created_at.isoformat(),
            )
            for r in rows
        )
        return frame.as_csv("mail", heads, cells)
    rows, following = queries.paged(query, Outbox.id, frame.after())
    return frame.page(
        "setup/mails.html",
        _("Mail"),
        rows=[(row, labels.mail_state(row, MOST_ATTEMPTS)) for row in rows],
        next_url=frame.here(after=following) if following else None,
        first_url=frame.here(after=None) if frame.after() else None,
        csv_url=frame.here(format="csv", after=None),
        chosen={"state": state},
        states=[
            ("waiting", _("waiting")),
            ("failed", _("failed")),
            ("sent", pgettext("mail", "sent")),
        ],
    )


@blueprint.get("/mail/<int(max=9223372036854775807):number>")
@allow(ADMIN)
def mail(number: int) -> ResponseReturnValue:
    """Show a mail as plain text; links that open an account are cut."""
    row = queries.mail(number)
    return frame.page(
        "setup/mail.html",
        row.subject,
        [(_("Mail"), url_for(".mails"))],
        mail=row,
        state=labels.mail_state(row, MOST_ATTEMPTS),
        text=SECRET.sub("…", LINK.sub(r"\1…", row.text)),
        may_retry=row.sent_at is None and row.attempts >= MOST_ATTEMPTS,
    )


@blueprint.post("/mail/<int(max=9223372036854775807):number>/retry")
@allow(ADMIN)
def retry_mail(number: int) -> ResponseReturnValue:
    """Let a mail that was given up wait for its turn again."""
    service.retry_mail(context(), number)
    flash(_("The mail is tried again soon."))
    return redirect(url_for(".mail", number=number), 303)
