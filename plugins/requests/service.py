"""What people do with requests: write, publish, close, open again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from plugins.partners.interface import is_field, keys, occupations_in
from plugins.requests import documents, queries, replying, rules
from plugins.requests.models import CLOSED, DRAFT, PUBLISHED, PartnerRequest
from portal import audit, db, events, permissions, settings, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.hookspecs import EventType, Transition
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.rules import country_codes
from portal.organisations.service import new_public_id

MOST_DRAFTS = 50
EVENTS = (
    EventType("request.published", lazy("A partner request was published"), {}, "requests_request"),
    EventType(
        "request.told",
        lazy("Organisations were told of a partner request"),
        {"count": "how many"},
        "requests_request",
    ),
    *(
        EventType(f"reply.{state}", title, {"request": "number of the request"}, "requests_reply")
        for state, title in (
            ("sent", lazy("A partner request was answered")),
            ("shortlisted", lazy("An answer was put on the shortlist")),
            ("chosen", lazy("An answer was chosen")),
            ("declined", lazy("An answer was declined")),
            ("withdrawn", lazy("An answer was withdrawn")),
        )
    ),
    EventType("enquiry.sent", lazy("An organisation asked another"), {}, "requests_enquiry"),
    EventType("enquiry.answered", lazy("An enquiry was answered"), {}, "requests_enquiry"),
    EventType("request.closed", lazy("A partner request was closed"), {}, "requests_request"),
)


def write(
    ctx: Context,
    values: Mapping[str, Any],
    *,
    organisation: Organisation | None = None,
    request: PartnerRequest | None = None,
    version: int | None = None,
) -> PartnerRequest:
    """Write a new request for an organisation, or change one.

    `version` is the one that was shown, None to save in any case. Raises Invalid with the field,
    NotFound for strangers, Conflict when somebody was faster.
    """
    today = ctx.clock.now().date()
    most = settings.of(ctx, "requests")["longest_days"]
    kept = rules.checked(_known(ctx, values), today, most)
    with db.transaction():
        if request is None:
            if organisation is None:
                raise NotFound
            return _create(ctx, organisation, kept)
        permissions.check(ctx, "edit", request)
        of: Any = PartnerRequest
        here = of.id == request.id
        if version is not None:
            here &= of.version == version
        if not of.update(version=of.version + 1, **kept).where(here).execute():
            now: PartnerRequest = of.get_by_id(request.id)
            message = _(
                "Somebody else saved this while you were writing. Nothing of yours is lost."
            )
            raise Conflict(message, version=now.version)
        permissions.forget()
        audit.record(ctx, "request.changed", "requests_request", request.id)
        documents.refresh([request.id])
        return of.get_by_id(request.id)  # type: ignore[no-any-return]


def _known(ctx: Context, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check codes against their lists, and find out which occupations the words name."""
    lists = {
        "fields": is_field,
        "countries": country_codes().__contains__,
        "modes": keys("mode").__contains__,
        "inclusion": keys("inclusion").__contains__,
    }
    for name, is_known in lists.items():
        if not all(map(is_known, values[name])):
            raise Invalid(_("Choose from the list."), field=name)
    lines = map(rules.plain, values["occupations"])
    words = dict.fromkeys(" ".join(line.split())[:80] for line in lines)
    named = [[text, occupations_in(ctx, text)] for text in words if text]
    return {**values, "occupations": named}


def _create(ctx: Context, organisation: Organisation, kept: Mapping[str, Any]) -> PartnerRequest:
    own = {item.id for item in queries.own_organisations(ctx)}
    if organisation.id not in own and not ctx.actor.system:
        raise NotFound
    drafts = PartnerRequest.select().where(
        PartnerRequest.organisation == organisation.id, PartnerRequest.state == DRAFT
    )
    if drafts.count() >= MOST_DRAFTS:
        raise TooMany(_("Publish or discard some of your drafts first."), retry_after=3_600)
    public_id = new_public_id()
    made: PartnerRequest = PartnerRequest.create(
        public_id=public_id,
        slug=public_id,
        organisation=organisation.id,
        account=ctx.actor.account_id,
        created_at=ctx.clock.now(),
        **kept,
    )
    workflow.start(ctx, made)
    audit.record(ctx, "request.written", "requests_request", made.id, by=organisation.id)
    return made


def reopen(ctx: Context, request: PartnerRequest, closes_on: date | None) -> None:
    """Open a closed request again until another day. Raises Invalid, and what a step raises."""
    permissions.check(ctx, "run", request)
    today = ctx.clock.now().date()
    most = settings.of(ctx, "requests")["longest_days"]
    closes_at = rules.closing(closes_on, today, most)
    with db.transaction():
        PartnerRequest.update(closes_at=closes_at).where(
            PartnerRequest.id == request.id, PartnerRequest.state == CLOSED
        ).execute()
        workflow.move(ctx, request, "reopen")


def carry_out(ctx: Context, request: PartnerRequest, step: Transition, entry: Any) -> None:
    """Do what follows from a step, inside its transaction, whichever page it was taken on.

    Raises TooMany where an organisation has many open requests.
    """
    now = ctx.clock.now()
    if step.target == PUBLISHED:
        _check_open(ctx, request)
        first = (
            {}
            if request.published_at
            else {"slug": rules.slug_of(request.title, request.public_id)}
        )
        _set(request, published_at=request.published_at or now, closed_at=None, **first)
        events.emit(ctx, "request.published", "requests_request", request.id)
    elif step.target == CLOSED:
        _set(request, closed_at=now)
        events.emit(ctx, "request.closed", "requests_request", request.id)
        replying.close(ctx, request, entry.comment, entry.id)
    documents.refresh([request.id])


def _set(request: PartnerRequest, **values: Any) -> None:
    PartnerRequest.update(**values).where(PartnerRequest.id == request.id).execute()
    for name, value in values.items():
        setattr(request, name, value)


def _check_open(ctx: Context, request: PartnerRequest) -> None:
    most = settings.of(ctx, "requests")["most_open"]
    if queries.count_open(request.organisation.id) > most:
        raise TooMany(
            ngettext(
                "Your organisation has an open request already. Close it first.",
                "Your organisation has %(num)s open requests already. Close one first.",
                most,
            ),
            retry_after=3_600,
        )
