"""Who is told what about a case: by a notice where somebody answers for notices, else by mail."""

from __future__ import annotations

from typing import Any

from plugins.claims import labels
from plugins.claims.models import Case
from plugins.claims.workflow import NAME
from portal import mail, objects
from portal.context import Context
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import OrganisationMember
from portal.people.models import Account

DECIDED = "claims.decided"
"""The kind of notices that tell the decision."""
MEASURE = "claims.measure"
"""The kind of notices that tell a restriction, or that one ended, to those it is about."""
NAMES = "claims.names"
"""The kind of notices that warn of a name which looks like another."""
KINDS = (
    {"kind": DECIDED, "title": lazy("Your request about an entry was decided")},
    {
        "kind": MEASURE,
        "title": lazy("Something about your organisation was decided"),
        "fixed": True,
    },
    {"kind": NAMES, "title": lazy("A name of yours looks like another")},
)


def receipt_path(case: Case) -> str:
    """Return where whoever asked reads how far the case is."""
    return f"/organisations/receipts/{case.public_id}"


def statement_path(case: Case) -> str:
    """Return where those who are restricted read the reasons."""
    return f"/organisations/statements/{case.public_id}"


def address(case: Case) -> str:
    """Return where the answer goes: the given address, or the account's."""
    if case.reply_to or case.account is None:
        return str(case.reply_to)
    account: Account = case.account
    return str(account.email)


def received(ctx: Context, to: str, case: Case) -> None:
    """Write that a request arrived, to the operator and to whoever asked."""
    _mail(ctx, to, "claims/case_received", case, receipt_path(case))


def decided(ctx: Context, case: Case) -> None:
    """Tell whoever asked what was decided."""
    title, to = labels.outcome(case), address(case)
    path = statement_path(case) if case.about_account else receipt_path(case)
    me = None if case.reply_to else case.account_id
    if me is not None and _notice(ctx, me, DECIDED, title, case.decision, path, case):
        return
    if to:
        _mail(ctx, to, "claims/case_decided", case, path, title=title)


def measured(ctx: Context, case: Case, is_over: bool = False) -> None:
    """Tell those whom a decision restricts about it, or that it was overturned."""
    named = {"organisation": labels.about_name(case)}
    title: Any = lazy("A decision about %(organisation)s: read the reasons", **named)
    if is_over:
        title = lazy("The decision about %(organisation)s was overturned", **named)
    for account in affected(case):
        if account.id == case.account_id:
            continue
        path = statement_path(case)
        body = "" if is_over else case.decision
        if not _notice(ctx, account.id, MEASURE, title, body, path, case, is_over):
            values = {"title": title, "is_over": is_over}
            _mail(ctx, account.email, "claims/measure", case, path, **values)


def warned(ctx: Context, case: Case, account_id: int) -> None:
    """Warn whoever chose a name that a reviewer looks at it."""
    title = lazy("The name %(organisation)s looks like another", organisation=case.message)
    body = lazy(
        "People could take it for somebody else's. A reviewer looks at it; if it is your real name, "
        "there is nothing you need to do."
    )
    path = f"/organisations/{case.organisation.slug}/" if case.organisation else "/account/"
    _notice(ctx, account_id, NAMES, title, body, path, case)


def affected(case: Case) -> list[Account]:
    """Return the people whom a decision restricts: administrators of the organisation, or the person."""
    if case.about_account is not None:
        return [case.about_account]
    member, account = OrganisationMember, Account
    found = (
        account.select()
        .join(member)
        .where(
            member.organisation == case.organisation_id,
            member.role == "OrgAdmin",
            account.disabled_at.is_null(),
            account.verified_at.is_null(False),
        )
    )
    return list(found.order_by(account.id))


def _notice(
    ctx: Context,
    account_id: int,
    kind: str,
    title: Any,
    body: Any,
    path: str,
    case: Case,
    is_over: bool = False,
) -> bool:
    subject = f"{NAME} {case.id}{' over' if is_over else ''}"
    notice = {"kind": kind, "title": title, "body": body, "url": path, "subject": subject}
    hooks = objects.registry().hooks
    told = hooks.call("notice_tell", ctx, account_id=account_id, notice=notice)
    return any(answer for _plugin, answer in told)


def _mail(ctx: Context, to: str, kind: str, case: Case, path: str, **more: Any) -> None:
    mail.enqueue(
        ctx,
        to,
        kind,
        case_kind=case.kind,
        organisation=labels.about_name(case),
        case=case.public_id,
        reasons=case.decision,
        due_at=case.due_at,
        path=path,
        **more,
    )
