"""What people do with mobilities: plan one, change the plan, name who goes; what follows from steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plugins.mobilities import linking, queries, rules, tasklist, telling
from plugins.mobilities.models import (
    AGREED,
    CANCELLED,
    HOST,
    INDIVIDUAL,
    PLANNING,
    SENDING,
    SUPPORTING,
    Mobility,
    ParticipantRow,
    PlacementRow,
)
from plugins.mobilities.workflow import MOBILITY
from plugins.partners.interface import is_field
from portal import audit, db, events, permissions, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.hookspecs import EventType, Transition
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

MOST_PLANNED = 300
PLACEMENT = "mobilities_placement"
ASK_BODY = lazy("Look at who comes and when, then agree to host or decline.")
STEP_BODY = lazy("Its page says what comes next, and for whom.")
EVENTS = (
    EventType("mobility.planned", lazy("A mobility was planned"), {}, MOBILITY),
    EventType("mobility.agreed", lazy("Both sides agreed on a mobility"), {}, MOBILITY),
    EventType(
        "mobility.ended",
        lazy("A stay has ended, was interrupted or did not happen"),
        {"outcome": "ended, interrupted or did_not_happen", "mobility": "number of the mobility"},
        PLACEMENT,
    ),
)


def plan(
    ctx: Context,
    values: Mapping[str, Any],
    *,
    sending: Organisation,
    host: Organisation,
    supporting: Organisation | None = None,
) -> Mobility:
    """Plan a mobility for a sending organisation and ask the host to agree.

    `values` are the facts as `rules.checked` reads them, `contact_id`, and `participants`: mappings
    that `rules.checked_participant` reads, with the `workplace` of each if it differs from the
    host. Raises Invalid with the field, NotFound for strangers, TooMany.
    """
    if sending.id not in {item.id for item in queries.own_organisations(ctx)} and not (
        ctx.actor.system
    ):
        raise NotFound
    check_sides(sending, host, supporting)
    kept = _checked(ctx, values, sending)
    named = _checked_people(kept["kind"], values["participants"])
    with db.transaction():
        planned = Mobility.select().where(
            Mobility.sending == sending.id, Mobility.state == PLANNING
        )
        if planned.count() >= MOST_PLANNED:
            raise TooMany(_("Many plans wait already. Cancel some of them first."), 3_600)
        made: Mobility = Mobility.create(
            public_id=new_public_id(),
            sending=sending.id,
            host=host.id,
            supporting=supporting.id if supporting else None,
            account=ctx.actor.account_id,
            created_at=ctx.clock.now(),
            **kept,
        )
        workflow.start(ctx, made)
        _place(made, named)
        tasklist.make(ctx, made)
        audit.record(ctx, "mobility.planned", MOBILITY, made.id, sending=sending.id, host=host.id)
        events.emit(ctx, "mobility.planned", MOBILITY, made.id)
        title = lazy("%(name)s plans a stay with you", name=sending.name)
        telling.tell(ctx, made, [HOST], telling.STEP, title, ASK_BODY, "planned")
    return made


def change(
    ctx: Context,
    mobility: Mobility,
    values: Mapping[str, Any],
    *,
    host: Organisation,
    supporting: Organisation | None = None,
    version: int | None = None,
) -> Mobility:
    """Change a plan, as long as the host has not agreed; participants are those named now.

    Raises what `plan` raises, and Conflict when somebody was faster.
    """
    permissions.check(ctx, "edit", mobility)
    sending: Organisation = mobility.sending
    check_sides(sending, host, supporting)
    kept = _checked(ctx, values, sending)
    named = _checked_people(kept["kind"], values["participants"])
    of: Any = Mobility
    with db.transaction():
        here = (of.id == mobility.id) & (of.state == PLANNING)
        if version is not None:
            here &= of.version == version
        both = {"host": host.id, "supporting": supporting.id if supporting else None}
        if not of.update(version=of.version + 1, **both, **kept).where(here).execute():
            now: Mobility = of.get_by_id(mobility.id)
            message = _("Somebody else changed this while you were writing. Nothing is lost.")
            raise Conflict(message, version=now.version)
        permissions.forget()
        PlacementRow.delete().where(PlacementRow.mobility == mobility.id).execute()
        changed: Mobility = of.get_by_id(mobility.id)
        _place(changed, named)
        tasklist.make(ctx, changed)
        audit.record(ctx, "mobility.changed", MOBILITY, mobility.id)
    return changed


def check_sides(sending: Organisation, host: Organisation, supporting: Organisation | None) -> None:
    """Refuse organisations that can't be sides of one mobility. Raises Invalid naming the field."""
    others = [("host", host)] + ([("supporting", supporting)] if supporting else [])
    for name, item in others:
        if not queries.is_here(item):
            raise Invalid(
                _("Nobody from %(name)s is here yet who could confirm it.", name=item.name),
                field=name,
            )
        if bool(item.is_fictional) != bool(sending.is_fictional):
            raise Invalid(
                _("Made-up organisations and real ones can't share a mobility."), field=name
            )
    if host.id == sending.id:
        raise Invalid(_("Another organisation must host."), field="host")
    if supporting and supporting.id in {sending.id, host.id}:
        raise Invalid(_("Only a third organisation can support."), field="supporting")


def _checked(ctx: Context, values: Mapping[str, Any], sending: Organisation) -> dict[str, Any]:
    kept = rules.checked(values, ctx.clock.now().date())
    if "://" in kept["occupation"]:  # an address in ESCO, as files have it
        for found in queries.occupations(ctx, [kept["occupation"]]).values():
            kept["occupation"] = found["label"]
    if kept["field"] and not is_field(kept["field"]):
        raise Invalid(_("Choose from the list."), field="field")
    contact = values.get("contact_id")
    if contact is not None and not queries.is_member(contact, sending.id):
        raise Invalid(_("Choose one of your organisation's people."), field="contact")
    return {**kept, "contact": contact}


def _checked_people(kind: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if len(rows) > rules.MOST_PARTICIPANTS:
        raise Invalid(
            _("Name at most %(most)s participants.", most=rules.MOST_PARTICIPANTS),
            field="participants",
        )
    if kind == INDIVIDUAL and len(rows) > 1:
        raise Invalid(_("You named several participants: choose a group."), field="participants")
    found = []
    for at, row in enumerate(rows, 1):
        place = {
            "workplace": rules.line(row.get("workplace") or ""),
            "workplace_city": rules.line(row.get("workplace_city") or ""),
            "workplace_email": rules.line(row.get("workplace_email") or "").lower(),
        }
        if any(len(text) > rules.LINE_LENGTH for text in place.values()):
            raise Invalid(
                _("Participant %(at)s: the workplace is too long.", at=at), field="participants"
            )
        mailbox = place["workplace_email"]
        if mailbox and not rules.EMAIL.fullmatch(mailbox):
            raise Invalid(
                _("Participant %(at)s: “%(text)s” is no mail address.", at=at, text=mailbox),
                field="participants",
            )
        found.append({**rules.checked_participant(row, at), "place": place})
    if len({tuple(row["place"].values()) for row in found}) > rules.MOST_WORKPLACES:
        raise Invalid(
            _("Name at most %(most)s workplaces.", most=rules.MOST_WORKPLACES),
            field="participants",
        )
    return found


def _place(mobility: Mobility, people: Sequence[Mapping[str, Any]]) -> list[PlacementRow]:
    """Store participants, those with the same workplace in one placement."""
    made: dict[tuple[str, ...], PlacementRow] = {}
    ends_at = rules.end_of_day(mobility.last_day)
    for person in people:
        place = tuple(person["place"].values())
        if place not in made:
            made[place] = PlacementRow.create(
                public_id=new_public_id(),
                mobility=mobility.id,
                starts_on=mobility.starts_on,
                ends_on=mobility.ends_on,
                **person["place"],
            )
        ParticipantRow.create(
            public_id=new_public_id(),
            placement=made[place].id,
            ends_at=ends_at,
            **{name: value for name, value in person.items() if name != "place"},
        )
    return list(made.values())


def carry_out(ctx: Context, mobility: Mobility, step: Transition) -> None:
    """Do what follows from a step, inside its transaction, whichever page it was taken on."""
    host: Organisation = mobility.host
    tasklist.finish(ctx, mobility, step.name)
    if step.target == AGREED:
        Mobility.update(agreed_at=ctx.clock.now()).where(Mobility.id == mobility.id).execute()
        events.emit(ctx, "mobility.agreed", MOBILITY, mobility.id)
        linking.invite_all(ctx, mobility)
        title = lazy("%(name)s agreed to host: %(title)s", name=host.name, title=mobility.title)
    elif step.target == CANCELLED:
        title = lazy("Cancelled before it was agreed: %(title)s", title=mobility.title)
    elif step.permission:
        title = lazy("%(step)s: %(title)s", step=step.title, title=mobility.title)
    else:
        return
    sides = [SENDING, HOST, SUPPORTING]
    telling.tell(ctx, mobility, sides, telling.STEP, title, STEP_BODY, step.name)
