"""What the signin plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from flask import Blueprint, url_for

from plugins.signin import (
    cli,
    devices,
    factors,
    outside,
    recovery,
    second_step,
    service,
    steps,
    views,
)
from portal.context import Context
from portal.hookspecs import EventType, HealthCheck, SetupItem, Task, hookimpl
from portal.i18n import _, day, ngettext
from portal.i18n import lazy_gettext as lazy


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.account, views.step]


@hookimpl
def account_unconfirmed(ctx: Context, account_id: int) -> None:
    """Mail the link that confirms an address."""
    service.ask_to_confirm(ctx, account_id)


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what people do with their accounts that others may want to know."""
    return [EventType("account.renamed", lazy("Somebody changed the name that others see"))]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the own account."""
    return [(_("My account"), "signin.index")]


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal user remove-second-steps`."""
    return [("user", cli.remove_second_steps)]


@hookimpl
def sign_in_check(ctx: Context, account_id: int) -> str | None:
    """Ask for a second step."""
    return second_step.further_page(ctx, account_id)


@hookimpl
def proof_check(ctx: Context) -> str | None:
    """Ask for a fresh proof."""
    return second_step.proof_page(ctx)


@hookimpl
def session_started(ctx: Context, account_id: int, session: str) -> None:
    """Note the device, and that its person has just proved who they are."""
    devices.note_session(ctx, account_id, session)


@hookimpl
def banner_list(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Remind those who need a second step and have none."""
    due = second_step.still_missing(ctx)
    if due is None:
        return []
    said = _("You need a second step for signing in by %(day)s: set it up.", day=day(due))
    return [(said, "signin_step.own_steps")]


@hookimpl
def plugin_objections(ctx: Context, plugin: str) -> Sequence[str]:
    """Say that passwords alone would open accounts."""
    count = factors.people() if plugin == "signin" else 0
    if not count:
        return []
    return [
        ngettext(
            "%(num)s person signs in with a second step. While this is off, the password is enough.",
            "%(num)s people sign in with a second step. While this is off, passwords are enough.",
            count,
        )
    ]


@hookimpl
def health_check(ctx: Context) -> Sequence[HealthCheck]:
    """Say whether second steps and accounts elsewhere work here."""
    parts = (
        (_("second steps"), "mfa", factors.is_possible()),
        (_("signing in with accounts elsewhere"), "sso", outside.is_possible()),
    )
    return [
        HealthCheck(name, "ok")
        if is_there
        else HealthCheck(name, "off", _("not installed"), f"pip install 'tessera-portal[{extra}]'")
        for name, extra, is_there in parts
    ]


@hookimpl
def sign_in_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer to sign in with an account elsewhere."""
    here = outside.provider(ctx)
    said = here and _("Sign in with %(name)s", name=here.name)
    return [(said, "signin_step.elsewhere")] if said else []


@hookimpl
def demo_load(ctx: Context) -> None:
    """Let everybody try the demonstration's accounts."""
    second_step.exempt_demonstration(ctx)


@hookimpl
def upkeep_run(ctx: Context) -> None:
    """Tidy up, and sign out those who had their time to set a second step up."""
    steps.expire(ctx)
    second_step.sign_out_overdue(ctx)
    recovery.remind(ctx)


@hookimpl
def setup_list(ctx: Context) -> Sequence[SetupItem]:
    """Offer the requests about lost second steps."""
    return [SetupItem(_("Lost second steps"), "signin_step.recoveries", "", 35)]


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer the requests that the actor may decide by now."""
    if not ctx.actor.is_admin:
        return []
    return [
        Task(
            _("Lost second step: %(name)s", name=row.account.name),
            url_for("signin_step.recovery_page", public_id=row.public_id),
            row.asked_at,
            kind=_("Signing in"),
        )
        for row in recovery.waiting_requests(ctx)
        if row.account_id != ctx.actor.account_id
        and recovery.may_be_decided_at(row) <= ctx.clock.now()
    ]
