"""What the trust plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from flask import Blueprint

from plugins.trust import checking, cli, service, views
from portal.context import Context
from portal.hookspecs import JobKind, Progress, hookimpl
from portal.i18n import _, lazy_gettext

DAY = 86_400


def _run_retention(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    service.run_retention(ctx)


def _mail_head(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    checking.mail_head(ctx)


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages of one's own data."""
    return [views.blueprint]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the page of one's own data."""
    return [(_("Your data"), "trust.index")]


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal audit` and what belongs to `portal user`."""
    return [("", cli.audit_group), ("user", cli.export), ("user", cli.erase)]


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Offer the daily work."""
    return [
        JobKind("trust.run_retention", _run_retention, lazy_gettext("Delete what is too old"), DAY),
        JobKind("trust.mail_head", _mail_head, lazy_gettext("Mail the head of the audit log"), DAY),
    ]
