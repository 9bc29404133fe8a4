"""Making agreements for a mobility or a consortium, with what is known there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from plugins.agreements import interface as agreements
from plugins.agreements.interface import Asked, Begun
from plugins.consortia import interface as consortia
from plugins.mobilities.interface import Participant, Stay
from plugins.occasions import queries
from plugins.occasions.models import CONSORTIUM, MOBILITY, Occasion
from portal import db
from portal.context import Context
from portal.errors import Conflict, NotAllowed
from portal.i18n import _
from portal.organisations.models import UNCLAIMED, Organisation

SENDING = "sending"


def for_mobility(ctx: Context, stay: Stay, title: str, languages: Sequence[str]) -> Begun:
    """Begin the learning agreement of a mobility for its sending side.

    Raises NotAllowed for other sides, Conflict when there is one that was not cancelled, and what
    beginning an agreement raises.
    """
    if SENDING not in stay.sides:
        raise NotAllowed(_("The sending organisation makes the learning agreement."))
    known = {
        "people": stay.count,
        "starts_on": stay.starts_on,
        "ends_on": stay.ends_on,
        "weeks": weeks(stay),
    }
    with db.transaction():
        if queries.is_made(MOBILITY, stay.id):
            raise Conflict(_("This mobility has a learning agreement already."))
        made = agreements.begin(
            ctx, stay.sending, "learning", title, role=SENDING,
            others=parties_of(stay, languages[0]), languages=languages, known=known,
        )  # fmt: skip
        _note(ctx, made, MOBILITY, stay.id)
    return made


def weeks(stay: Stay) -> int:
    """Return how many weeks a stay lasts, rounded up."""
    days = (date.fromisoformat(stay.ends_on) - date.fromisoformat(stay.starts_on)).days + 1
    return -(-days // 7)


def parties_of(stay: Stay, language: str) -> list[Asked]:
    """Return who takes part besides the sending side; a person alone who goes signs too."""
    host = stay.host
    others = [_here("host", host, language)]
    if stay.supporting is not None and stay.supporting.state != UNCLAIMED:
        others.append(_here("supporting", stay.supporting, language))
    if len(stay.people) == 1:
        others += _person(stay.people[0], language)
    return others


def _here(role: str, organisation: Organisation, language: str) -> Asked:
    return Asked(role, organisation, language=language)


def _person(person: Participant, language: str) -> list[Asked]:
    spoken = person.language or language
    found = []
    if person.email and person.name:
        found.append(Asked("learner", None, person.name, person.email, spoken))
    if person.is_minor and person.guardian_email:
        name = _("Guardian of %(name)s", name=person.name)
        found.append(Asked("guardian", None, name, person.guardian_email, spoken))
    return found


def for_consortium(
    ctx: Context, consortium: consortia.Seen, title: str, languages: Sequence[str]
) -> Begun:
    """Begin the agreement of a consortium for its lead, with all active members who act here.

    Raises NotAllowed for members, Conflict when there is one that was not cancelled, and what
    beginning an agreement raises.
    """
    with db.transaction():
        now = consortia.lock(ctx, consortium)
        if queries.is_made(CONSORTIUM, now.id):
            raise Conflict(_("This consortium has an agreement already."))
        there = consortia.members(now, consortia.ACTIVE)
        lead = next(item.organisation for item in there if item.is_lead)
        others = [
            _here("partner", item.organisation, languages[0])
            for item in there
            if not item.is_lead and is_here(item.organisation)
        ]
        known: dict[str, Any] = {"valid_from": now.starts_on, "valid_until": now.ends_on}
        made = agreements.begin(
            ctx, lead, "consortium", title, role="lead", others=others, languages=languages,
            known=known,
        )  # fmt: skip
        _note(ctx, made, CONSORTIUM, now.id)
    return made


def is_here(organisation: Organisation) -> bool:
    """Whether somebody acts for an organisation here, so that it can be a party without a link."""
    return organisation.state != UNCLAIMED and organisation.hidden_at is None


def _note(ctx: Context, made: Begun, kind: str, number: int) -> None:
    Occasion.create(agreement_id=made.id, kind=kind, number=number, created_at=ctx.clock.now())
