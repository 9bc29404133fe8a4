"""What the notices plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

import click
from flask import Blueprint

from plugins.notices import cli, happening, headers, queries, service, views
from plugins.notices.bounces import objection
from portal.context import Context
from portal.hookspecs import Event, JobKind, Progress, SetupItem, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.mail import Outbox

EVERY = 900
"""Seconds between two looks at which daily mails are due."""


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal mail bounce`."""
    return [("mail", cli.bounce)]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the notices, with how many were not read; one statement for this and the banner."""
    unread = queries.waiting(ctx.actor.account_id or 0)[0]
    label = _("Notices (%(count)s new)", count=unread) if unread else _("Notices")
    return [(label, "notices.index")]


@hookimpl
def banner_list(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Tell people that mails to them come back."""
    if not queries.waiting(ctx.actor.account_id or 0)[1]:
        return []
    return [(_("Mails to you come back: check your address."), "notices.address")]


@hookimpl
def setup_list(ctx: Context) -> Sequence[SetupItem]:
    """Offer the list of bounces, beside the mails."""
    return [SetupItem(_("Bounces"), "notices.bounce_list", "", 91)]


@hookimpl
def mail_sending(ctx: Context, mail: Any, message: EmailMessage) -> str | None:
    """Hold back what would come back; let mail programs stop what people may stop."""
    row: Outbox = mail
    headers.add_stop(row, message)
    return objection(row.recipient, row.kind) or None


@hookimpl
def notice_tell(ctx: Context, account_id: int, notice: Mapping[str, Any]) -> bool:
    """Tell a person something for a plugin that can do without."""
    return service.notify(ctx, account_id, **notice)


@hookimpl
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what the core's events tell people."""
    return happening.KINDS


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Tell people what the core says about them."""
    happening.tell(ctx, event)


def _send_digests(ctx: Context, _payload: Mapping[str, Any], progress: Progress) -> None:
    service.send_digests(ctx, progress)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Offer the daily mails."""
    return [JobKind("notices.send_digests", _send_digests, lazy("Send the daily mails"), EVERY)]
