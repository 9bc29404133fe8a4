"""Participants, guardians and workplaces: who gets a link, what may be done with it, and when.

They have no account. A participant's page is good from the agreement to a month after the stay.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from plugins.links.interface import Link, Purpose, close, links_of, send, send_again
from plugins.mobilities import queries, rules, tasklist
from plugins.mobilities.models import (
    CANCELLED,
    PLANNING,
    Alarm,
    Mobility,
    ParticipantRow,
    PlacementRow,
)
from plugins.mobilities.steps import PARTICIPANT
from plugins.mobilities.workflow import MOBILITY
from plugins.notices.interface import notify
from portal import audit, db
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.service import new_public_id
from portal.people.models import Account

PERSON, WORK = "mobilities.participant", "mobilities.workplace"
GUARDIAN, COMPANY = "guardian", "company"
OPEN_AFTER = timedelta(days=31)
"""So long after its last day a stay's links and "something is wrong now" stay open."""
AT_WORK = ("B9", "B12", "D1", "D2", "D6", "D8")
"""Steps of which a workplace does its part."""
MOST_ALARMS = 20
"""What one participant can report in a day."""
DAY = timedelta(days=1)


def open_until(mobility: Mobility, placement: PlacementRow) -> datetime:
    """Return until when links to a stay are good."""
    last = date.fromisoformat(placement.ends_on)
    return rules.end_of_day(last + OPEN_AFTER)


def is_open(ctx: Context, mobility: Mobility, placement: PlacementRow) -> bool:
    """Whether participants can use their page: agreed, and not over for more than a month."""
    agreed = mobility.state not in {PLANNING, CANCELLED}
    return agreed and ctx.clock.now() <= open_until(mobility, placement)


# Sending


def invite_all(ctx: Context, mobility: Mobility) -> None:
    """Send everybody their link, once a mobility is agreed; inside its transaction."""
    for place in queries.placements([mobility.id])[mobility.id]:
        invite_workplace(ctx, mobility, place)
        for person in queries.participants([place.id]):
            invite(ctx, mobility, place, person)


def invite(ctx: Context, mobility: Mobility, place: PlacementRow, person: ParticipantRow) -> int:
    """Send participant and guardian their links; links to other addresses close. Returns how many."""
    if not is_open(ctx, mobility, place):
        return 0
    wanted = {PARTICIPANT: person.email}
    if person.is_minor:
        wanted[GUARDIAN] = person.guardian_email
    sent = 0
    for role, email in wanted.items():
        known = [link for link in links_of(PERSON, person.id) if link.role == role]
        if email and any(link.email == email and link.closed_at is None for link in known):
            continue
        close(ctx, PERSON, person.id, role)
        if email:
            send(
                ctx,
                purpose=PERSON,
                object_id=person.id,
                role=role,
                email=email,
                name=person.name,
                language=person.language,
                until=open_until(mobility, place),
            )
            sent += 1
    return sent


def invite_workplace(ctx: Context, mobility: Mobility, place: PlacementRow) -> int:
    """Send a workplace its link, if it has an address; returns how many."""
    if not is_open(ctx, mobility, place):
        return 0
    open_ones = [link for link in links_of(WORK, place.id) if link.closed_at is None]
    if any(link.email == place.workplace_email for link in open_ones):
        return 0
    close(ctx, WORK, place.id)
    if not place.workplace_email:
        return 0
    send(
        ctx,
        purpose=WORK,
        object_id=place.id,
        role=COMPANY,
        email=place.workplace_email,
        name=place.workplace,
        language=mobility.host.name_lang or "en",
        until=open_until(mobility, place),
    )
    return 1


def again(ctx: Context, mobility: Mobility, person: ParticipantRow) -> int:
    """Send the links of a participant anew; returns how many. Raises TooMany, Conflict."""
    place: PlacementRow = person.placement
    sent = invite(ctx, mobility, place, person)
    if sent:
        return sent
    wanted = [link for link in links_of(PERSON, person.id) if link.closed_at is None]
    if not is_open(ctx, mobility, place) or not wanted:
        raise Conflict(_("There is no address to which a link could go, or it is too late."))
    for link in wanted:
        send_again(ctx, link)
    return len(wanted)


def _letter(ctx: Context, link: Link) -> tuple[str, dict[str, Any]] | None:
    row = ParticipantRow.get_or_none(ParticipantRow.id == link.object_id)
    if row is None or not is_open(ctx, row.placement.mobility, row.placement):
        return None
    mobility: Mobility = row.placement.mobility
    return "mobilities/person", {
        "title": mobility.title,
        "sending": mobility.sending.name,
        "host": mobility.host.name,
        "is_guardian": link.role == GUARDIAN,
    }


def _letter_to_work(ctx: Context, link: Link) -> tuple[str, dict[str, Any]] | None:
    row = PlacementRow.get_or_none(PlacementRow.id == link.object_id)
    if row is None or not is_open(ctx, row.mobility, row):
        return None
    values = {"title": row.mobility.title, "host": row.mobility.host.name}
    return "mobilities/workplace", {**values, "sending": row.mobility.sending.name}


PURPOSES = (
    Purpose(PERSON, "mobilities_link.person", _letter),
    Purpose(WORK, "mobilities_link.workplace", _letter_to_work),
)


# What is done with a link


def person_of(ctx: Context, link: Link) -> tuple[ParticipantRow, PlacementRow, Mobility]:
    """Return whom a link is about. Raises NotFound once there is nothing to see any more."""
    row = ParticipantRow.get_or_none(ParticipantRow.id == link.object_id)
    if row is None or not is_open(ctx, row.placement.mobility, row.placement):
        raise NotFound
    return row, row.placement, row.placement.mobility


def place_of(ctx: Context, link: Link) -> tuple[PlacementRow, Mobility]:
    """Return the stay that a workplace's link is about. Raises NotFound."""
    row = PlacementRow.get_or_none(PlacementRow.id == link.object_id)
    if row is None or not is_open(ctx, row.mobility, row):
        raise NotFound
    return row, row.mobility


def did(ctx: Context, link: Link, key: str) -> None:
    """Note that a participant did their part of a step. Raises NotFound for guardians."""
    person, _place, mobility = person_of(ctx, link)
    if link.role != PARTICIPANT:
        raise NotFound
    tasklist.did(ctx, person, mobility, key)


def did_at_work(ctx: Context, link: Link, key: str) -> None:
    """Note that a workplace did its part of a step. Raises NotFound for other steps."""
    _place, mobility = place_of(ctx, link)
    if key not in AT_WORK:
        raise NotFound
    with db.transaction():
        tasklist.done_by(ctx, mobility, key, "workplace")
        audit.record(ctx, "step.done", MOBILITY, mobility.id, step=key, role=link.role)


ALARM = "mobilities.alarm"
KINDS = (
    {
        "kind": ALARM,
        "title": lazy("A participant says that something is wrong"),
        "default": "at_once",
        "fixed": True,
    },
)


def raise_alarm(ctx: Context, link: Link, text: str) -> Alarm:
    """Tell the contact that something is wrong. Raises Invalid, TooMany, NotFound.

    Nobody else gets to know: no other notice, no event, no entry that names it in the history.
    """
    person, _place, mobility = person_of(ctx, link)
    text = rules.plain(text)
    if not text:
        raise Invalid(_("Write what is wrong. A few words do."), field="text")
    if len(text) > rules.TEXT_LENGTH:
        raise Invalid(_("Write at most %(most)s characters.", most=rules.TEXT_LENGTH), field="text")
    now = ctx.clock.now()
    with db.transaction():
        of: Any = Alarm
        recent = of.select().where(of.participant == person.id, of.created_at > now - DAY)
        if recent.count() >= MOST_ALARMS:
            raise TooMany(_("You wrote many times today. Please call, or ring 112."), 3_600)
        readers = contacts(mobility)
        made: Alarm = of.create(
            public_id=new_public_id(),
            participant=person.id,
            contact=mobility.contact_id if mobility.contact_id in readers else None,
            by_guardian=link.role == GUARDIAN,
            text=text,
            created_at=now,
        )
        audit.record(ctx, "alarm.raised", "mobilities_alarm", made.id, role=link.role)
        title = lazy("Something is wrong: please look now")
        body = lazy(
            "A participant of “%(title)s” wrote to you. Only you can read it.",
            title=mobility.title,
        )
        for account in readers:
            notify(
                ctx,
                account,
                ALARM,
                title,
                body,
                f"/mobilities/alarms/{made.public_id}",
                f"{MOBILITY} {mobility.id} alarm {made.id}",
            )
    return made


def contacts(mobility: Mobility) -> list[int]:
    """Return who gets what participants report: the named contact.

    Only where that person does not act for the sending side any more, its administrators.
    """
    if mobility.contact_id is not None and queries.is_member(
        mobility.contact_id, mobility.sending_id
    ):
        account: Account = Account.get_by_id(mobility.contact_id)
        if account.disabled_at is None:
            return [account.id]
    return queries.administrators(mobility.sending_id)


def alarm(ctx: Context, public_id: str) -> Alarm:
    """Return what was reported, for its contact alone. Raises NotFound."""
    row = Alarm.get_or_none(Alarm.public_id == public_id)
    me = ctx.actor.account_id
    if row is None or me is None or ctx.actor.organisation_id is not None:
        raise queries.missing()
    readers = (
        [row.contact_id]
        if row.contact_id is not None
        else contacts(row.participant.placement.mobility)
    )
    if me not in readers:
        raise queries.missing()
    return row  # type: ignore[no-any-return]


def see(ctx: Context, found: Alarm) -> None:
    """Note that somebody looks after it; the participant's page says so."""
    of: Any = Alarm
    with db.transaction():
        if (
            of.update(seen_at=ctx.clock.now())
            .where(of.id == found.id, of.seen_at.is_null())
            .execute()
        ):
            audit.record(ctx, "alarm.seen", "mobilities_alarm", found.id)


def waiting(ctx: Context) -> list[Alarm]:
    """Return what was reported to the actor and not seen yet."""
    of: Any = Alarm
    rows = of.select().where(of.contact == ctx.actor.account_id, of.seen_at.is_null())
    return list(rows.order_by(of.id).limit(50))


def alarms_of(person: ParticipantRow, *, by_guardian: bool) -> list[Alarm]:
    """Return what was reported with one kind of link of a participant, the latest first."""
    of: Any = Alarm
    rows = of.select().where(of.participant == person.id, of.by_guardian == by_guardian)
    return list(rows.order_by(of.id.desc()).limit(10))


def name_contact(ctx: Context, mobility: Mobility, account_id: int | None) -> None:
    """Name who helps participants, for the sending side. Raises Invalid."""
    if account_id is None or not queries.is_member(account_id, mobility.sending_id):
        raise Invalid(_("Choose one of your organisation's people."), field="contact")
    with db.transaction():
        Mobility.update(contact=account_id).where(Mobility.id == mobility.id).execute()
        audit.record(ctx, "contact.named", MOBILITY, mobility.id, account=account_id)
