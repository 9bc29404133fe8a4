"""Whether an entry about the past may stand: asked when it is proposed, and again when it is confirmed."""

from __future__ import annotations

from datetime import date

from plugins.cooperation import queries, rules
from plugins.cooperation.models import CONFIRMED, PROPOSED, Document, Record
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.organisations.service import lock


def newcomer_since(one: Organisation, other: Organisation) -> date:
    """Return the day on which the later of two came here.

    Raises Invalid where one of them is not verified, or has nobody here, or is made up and the other
    is not.
    """
    for item in (one, other):
        if not queries.is_verified(item):
            raise Invalid(
                _("%(name)s is not verified yet. Both must be.", name=item.name), field="partner"
            )
    if one.id == other.id or bool(one.is_fictional) != bool(other.is_fictional):
        raise Invalid(_("Choose another organisation."), field="partner")
    days = [queries.joined_on(item) for item in (one, other)]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        raise Invalid(_("Nobody acts for this organisation here yet."), field="partner")
    return max(known)


def check_room(row_id: int, proposer: Organisation, partner: Organisation) -> None:
    """Raise Invalid where one of the two has as many entries as it may; hold both until the end.

    What only waits for an answer counts for whoever proposed it, so that nobody can fill another's list.
    """
    for item in sorted((proposer, partner), key=lambda each: each.id):
        lock(item)
    for item in (proposer, partner):
        count = queries.count_of(item.id, CONFIRMED, without=row_id)
        if item.id == proposer.id:
            of = (Record.proposer == item.id, Record.state == PROPOSED, Record.id != row_id)
            count += Record.select().where(*of).count()
        if count >= rules.MOST_RECORDS:
            raise Invalid(
                _(
                    "%(name)s has %(most)s entries already. That is as many as there may be.",
                    name=item.name,
                    most=rules.MOST_RECORDS,
                ),
                field="partner",
            )


def check_open(joined: date, today: date) -> None:
    """Raise Invalid once the newcomer has been here for too long."""
    if not rules.may_enter(joined, today):
        raise Invalid(
            _(
                "Both of you have been here for more than %(months)s months. What you do together "
                "from now on is planned as mobilities.",
                months=rules.ENTERED_MONTHS,
            ),
            field="partner",
        )


def problems(ctx: Context, row: Record) -> list[str]:
    """Say what stands against confirming an entry, inside the step's transaction."""
    today = ctx.clock.now().date()
    try:
        joined = newcomer_since(row.proposer, row.partner)
        rules.check_time(row.last_month, joined, today)
        check_room(row.id, row.proposer, row.partner)
    except Invalid as error:
        return [error.message]
    return []


def tries(_ctx: Context, row: Record) -> list[str]:
    """Say that an entry was proposed often enough."""
    if row.proposals < rules.MOST_PROPOSALS:
        return []
    return [_("This was proposed three times. Talk to each other, then to a reviewer.")]


def rated_problem(ctx: Context, row: Record) -> str:
    """Say why a stay can't be rated any more; empty where it can."""
    if row.state != CONFIRMED:
        return _("Both organisations must confirm the cooperation first.")
    try:
        joined = newcomer_since(row.proposer, row.partner)
    except Invalid as error:
        return error.message
    if not rules.may_be_rated(row.last_month, joined):
        return _(
            "It ended more than %(months)s months before you came. It stays on the profile as "
            "confirmed.",
            months=rules.BACKFILLED_MONTHS,
        )
    if not rules.may_enter(joined, ctx.clock.now().date()):
        return _("The time for handing in documents is over.")
    return ""


def still_rated(ctx: Context, document: Document) -> list[str]:
    """Say what stands against accepting a document; what was handed in in time stays in time."""
    row: Record = document.record
    if row.placement is not None:
        return [_("A document of this stay was seen already.")]
    if row.state != CONFIRMED:
        return [_("Both organisations must confirm the cooperation first.")]
    if not rules.may_be_rated(row.last_month, newcomer_since(row.proposer, row.partner)):
        return [_("The stay ended too long before they came.")]
    return []
