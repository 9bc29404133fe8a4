"""What the members plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.members import accepting, demo, joining, policy, queries, telling, views
from plugins.members.invitations import path_of
from portal.context import Context
from portal.hookspecs import EventType, JobKind, Progress, SetupItem, Task, hookimpl
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.people.models import Account

EVERY = 3_600
"""Seconds between two looks at requests that wait."""


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.pages, views.link]


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer the page of its people on an organisation's own page."""
    organisation = Organisation.get_by_id(organisation_id)
    manages = policy.may_manage(ctx, organisation)
    label = _("People and invitations") if manages else _("People")
    return [(label, telling.path(organisation))]


@hookimpl
def setup_list(ctx: Context) -> Sequence[SetupItem]:
    """Offer the list of organisations that nobody runs."""
    return [SetupItem(_("Without an administrator"), "members.site_list", "", 36)]


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer what waits for the actor: invitations, requests to join, whom to confirm."""
    me: Account | None = Account.get_or_none(Account.id == ctx.actor.account_id)
    if me is None or ctx.actor.organisation_id is not None:
        return []
    address = me.email if me.verified_at is not None else ""
    found = [
        Task(
            _("Invitation of %(organisation)s", organisation=row.organisation.name),
            path_of(row),
            row.sent_at,
            row.expires_at,
            _("Invitation"),
        )
        for row in queries.addressed(ctx, address)
    ]
    return [*found, *_of_organisations(ctx), *_of_the_site(ctx)]


def _of_organisations(ctx: Context) -> list[Task]:
    mine = queries.managed(ctx)
    if not mine:
        return []
    found = [
        Task(
            _(
                "Confirm who opened an invitation of %(organisation)s",
                organisation=row.organisation.name,
            ),
            telling.path(row.organisation),
            row.sent_at,
            kind=_("Invitation"),
        )
        for row in queries.held(ctx, mine)
    ]
    asked = [
        Task(
            _(
                "%(name)s asks to join %(organisation)s",
                name=row.account.name,
                organisation=row.organisation.name,
            ),
            joining.path_of(row.organisation, row),
            row.created_at,
            row.due_at,
            _("Request to join"),
        )
        for row in queries.requests(mine)
    ]
    return found + asked


def _of_the_site(ctx: Context) -> list[Task]:
    count = queries.count_orphans() if ctx.actor.is_admin else 0
    if not count:
        return []
    title = ngettext(
        "%(num)s organisation has no administrator",
        "%(num)s organisations have no administrator",
        count,
    )
    return [Task(title, "/setup/members", ctx.clock.now(), None, _("Site"))]


def _look_after(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    joining.look_after(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Remind of requests to join, close those that nobody answers."""
    title = lazy("Remind administrators of requests to join")
    return [JobKind("members.look_after", _look_after, title, EVERY)]


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what happens to signatories."""
    fields = {"signatory": "number of the signatory"}
    return [
        EventType(
            accepting.CONFIRMED,
            lazy("Somebody confirmed that they sign for an organisation"),
            fields,
            "organisation",
        ),
        EventType(
            accepting.ENDED,
            lazy("Somebody no longer signs for an organisation"),
            fields,
            "organisation",
        ),
    ]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told."""
    return telling.KINDS


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with who is invited, signs or asks.

    Who was invited to one entry must not get rights over the other by an old link: what is open
    stays with the entry that goes. So does who signs: whoever confirmed it for one has not done so
    for the other. Nobody asks twice to join.
    """
    joins = (
        "SELECT 1 FROM members_request s WHERE s.organisation_id = {kept} "
        "AND s.account_id = r.account_id AND s.state = 'waiting'"
    )
    return {
        "members_invitation.organisation_id": {
            "title": lazy("Invitations"),
            "stays": "r.state IN ('sent', 'held')",
        },
        "members_request.organisation_id": {
            "title": lazy("Requests to join"),
            "stays": f"r.state = 'waiting' AND EXISTS ({joins})",
        },
        "members_signatory.organisation_id": {"title": lazy("Signatories"), "stays": True},
    }


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Show what may wait at the made-up school."""
    demo.load(ctx)
