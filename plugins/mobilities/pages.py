"""What pages show of mobilities, as plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from plugins.mobilities import ending, labels, linking, people, queries, rules, tasklist
from plugins.mobilities.models import (
    AGREED,
    ASSESSED,
    BACKFILLED,
    CANCELLED,
    CLOSED,
    HOST,
    LIVE,
    PLANNING,
    RECOGNISED,
    RUNNING,
    SENDING,
    SIDES,
    Mobility,
    ParticipantRow,
    PlacementRow,
    Report,
)
from plugins.mobilities.steps import PARTICIPANT, PHASES
from plugins.mobilities.workflow import FLOW
from plugins.partners.interface import field_name
from portal.context import Context
from portal.i18n import _, day, language_name, locale, ngettext
from portal.organisations.models import Organisation

WAY = (PLANNING, AGREED, RUNNING, ASSESSED, RECOGNISED, CLOSED)


def row(
    item: Mobility, own: Sequence[Organisation], done: tuple[int, int] | None = None
) -> dict[str, Any]:
    """Return one of the list."""
    mine = {organisation.id for organisation in own}
    other = item.host if item.sending_id in mine else item.sending
    side = next(name for name in SIDES if name == "supporting" or _number(item, name) in mine)
    return {
        "url": f"/mobilities/{item.public_id}",
        "title": item.title,
        "state": labels.state(item.state),
        "other": other.name,
        "lang": other.name_lang,
        "side": labels.side(side),
        "days": labels.period(item.starts_on, item.ends_on),
        "demo": item.sending.is_fictional,
        "is_backfilled": item.evidence == BACKFILLED,
        "steps": _of(*done) if done and done[1] and item.state not in tasklist.OVER else "",
    }


def _number(item: Mobility, side: str) -> int | None:
    return {SENDING: item.sending_id, HOST: item.host_id}.get(side, item.supporting_id)


def whole(ctx: Context, here: queries.Found) -> dict[str, Any]:
    """Return what the page of a mobility shows: facts, stays, what waits for whom."""
    item = here.mobility
    rows = queries.placements([item.id])[item.id]
    ids = [place.id for place in rows]
    persons, reports = queries.participants(ids), queries.reports(ids)
    tasks = tasklist.items(item.id)
    return {
        "found": here,
        "row": item,
        "is_fictional": item.sending.is_fictional,
        "steps": _steps(item),
        "facts": _facts(ctx, item, SENDING in here.sides),
        "waits": waits(ctx, here),
        "stays": [_stay(ctx, here, place, persons, reports) for place in rows],
        "progress": progress(tasks) if tasks and item.state not in tasklist.OVER else None,
        "next_steps": next_steps(ctx, here, tasks),
        "contacts": queries.people(item.sending_id) if SENDING in here.sides else [],
        "may_read_needs": bool(people.arrangements(item, here.sides)),
    }


def _steps(item: Mobility) -> list[tuple[str, str]]:
    titles = {state.name: str(state.title) for state in FLOW.states}
    if item.state not in WAY:
        return []
    at = WAY.index(item.state)
    marks = ["done"] * at + ["now" if item.state != CLOSED else "done"] + [""] * len(WAY)
    return [(titles[name], mark) for name, mark in zip(WAY, marks, strict=False)]


def _facts(ctx: Context, item: Mobility, is_sending: bool) -> list[tuple[str, Any]]:
    supporting = item.supporting.name if item.supporting else _("none")
    rows = [
        (_("Sending organisation"), item.sending.name),
        (_("Host"), item.host.name),
        (_("Supporting organisation"), supporting),
        (_("When"), labels.period(item.starts_on, item.ends_on)),
    ]
    if item.evidence == BACKFILLED:  # all that was told of it
        return rows
    rows += [
        (_("Who goes"), labels.kind(item.kind)),
        (_("How"), labels.mode(item.mode)),
        (_("Field of education"), field_name(item.field) if item.field else ""),
        (_("Occupation"), item.occupation),
    ]
    for found in queries.occupations(ctx, [item.occupation]).values():
        shown = Markup('<a href="{url}" rel="external">{label}</a> (ISCO-08 {code})')
        rows.append((_("Occupation in ESCO"), shown.format(**found)))
    if is_sending:
        name = item.contact.name if item.contact else ""
        rows.append((_("Helps when something is wrong"), name))
    return rows


def waits(ctx: Context, here: queries.Found) -> dict[str, Any] | None:
    """Say who is awaited next: whom it is, whether that is the visitor, and what is to be done."""
    item, today = here.mobility, ctx.clock.now().date()
    if item.state == PLANNING:
        return _waits(here, HOST, _("The host has to agree, or to decline."))
    if item.state == AGREED and item.first_day <= today:
        return _waits(here, HOST, _("The host confirms that the participants have arrived."))
    if item.state == RUNNING and item.last_day <= today:
        return _waits(here, HOST, _("The host confirms that learning was assessed as agreed."))
    if item.state == ASSESSED:
        return _waits(here, SENDING, _("The sending side confirms that learning is recognised."))
    if item.state == RECOGNISED and item.last_day + rules.ENDS_AFTER <= today:
        return _waits(here, SENDING, _("Everything is done. The sending side closes it."))
    return None


def _waits(here: queries.Found, side: str, text: str) -> dict[str, Any]:
    item = here.mobility
    name = (item.host if side == HOST else item.sending).name
    title = _("This waits for you") if side in here.sides else _("Waits for %(name)s", name=name)
    return {"title": title, "text": text}


def _stay(
    ctx: Context,
    here: queries.Found,
    place: PlacementRow,
    persons: Sequence[ParticipantRow],
    reports: Sequence[Report],
) -> dict[str, Any]:
    item, today = here.mobility, ctx.clock.now().date()
    own = [report for report in reports if report.placement_id == place.id]
    is_open = not place.outcome and item.state in LIVE
    last = date.fromisoformat(place.ends_on)
    may_change = is_open or item.state == PLANNING
    waiting = any(report.answer == "" for report in own)
    return {
        "id": place.public_id,
        "workplace": place.workplace or _("At the host"),
        "city": place.workplace_city,
        "outcome": labels.outcome(place.outcome)
        if place.outcome or item.state not in {PLANNING, AGREED, CANCELLED}
        else None,
        "initiator": labels.initiator(place.initiator) if place.initiator else "",
        "days": labels.period(place.starts_on, place.ended_on or place.ends_on)
        if place.outcome != "did_not_happen"
        else "",
        "ends_by_itself": day(last + rules.ENDS_AFTER, "medium") if is_open else "",
        "may_report": is_open
        and here.may("report")
        and not waiting
        and rules.may_report(last, today),
        "may_name_workplace": may_change and bool(here.sides & {SENDING, HOST}),
        "people": [
            _person(here, person, may_change)
            for person in persons
            if person.placement_id == place.id
        ],
        "count": ngettext(
            "%(num)s participant",
            "%(num)s participants",
            sum(person.placement_id == place.id for person in persons),
        ),
        "reports": [_report(here, report, persons) for report in own],
    }


def _person(here: queries.Found, person: ParticipantRow, may_change: bool) -> dict[str, Any]:
    is_sending = SENDING in here.sides
    return {
        "name": person.name or _("Erased"),
        "url": f"/mobilities/{here.mobility.public_id}/participants/{person.public_id}"
        if is_sending and may_change and here.mobility.state != PLANNING
        else "",
        "is_minor": bool(person.is_minor),
        "language": language_name(person.language, locale()),
    }


def _report(
    here: queries.Found, report: Report, persons: Sequence[ParticipantRow]
) -> dict[str, Any]:
    about = [person.name for person in persons if person.id in report.people]
    return {
        "id": report.public_id,
        "side": labels.side(report.side),
        "what": labels.report(report.what),
        "day": day(date.fromisoformat(report.day), "medium"),
        "initiator": labels.initiator(report.initiator) if report.initiator else "",
        "about": ", ".join(about) if report.answer == "" else "",
        "reason": report.reason,
        "state": labels.answer(report.answer),
        "answer_reason": report.answer_reason,
        "until": day((report.made_at + rules.ANSWERED_WITHIN).date(), "medium"),
        "may_answer": ending.may_answer(report, here.sides),
        "may_withdraw": report.answer == "" and report.side in here.sides,
    }


def people_as_typed(item: Mobility) -> list[dict[str, Any]]:
    """Return the participants of a plan as its form shows them."""
    places = {place.id: place for place in queries.placements([item.id])[item.id]}
    same = (
        "name", "email", "language", "is_minor", "guardian_email", "arrangements",
        "host_needs_them",
    )  # fmt: skip
    return [
        {name: getattr(person, name) for name in same}
        | {
            name: getattr(places[person.placement_id], name)
            for name in ("workplace", "workplace_city", "workplace_email")
        }
        for person in queries.participants(places)
    ] or [{}]


# Steps


def progress(found: Sequence[tasklist.Item]) -> dict[str, Any]:
    """Return how far the steps are, in numbers and words."""
    done, needed = tasklist.progress(found)
    return {"done": done, "needed": needed, "words": _of(done, needed)}


def _of(done: int, needed: int) -> str:
    return _("%(done)s of %(needed)s steps done", done=done, needed=needed)


def phases(
    ctx: Context, here: queries.Found, found: Sequence[tasklist.Item], only_mine: bool
) -> list[dict[str, Any]]:
    """Return the steps by phase; `only_mine` leaves those that the visitor's side leads."""
    sides = here.sides
    shown = [
        item for item in found if not only_mine or tasklist.sides_of(item.step, leads=True) & sides
    ]
    rows: list[dict[str, Any]] = []
    for name in PHASES:
        own = [item for item in shown if item.step.phase == name]
        if own:
            done, needed = tasklist.progress(own)
            rows.append(
                {
                    "name": name,
                    "title": labels.phase(name),
                    "words": _of(done, needed),
                    "is_open": name != "partners" and done < needed,
                    "steps": [step(ctx, here, item) for item in own],
                }
            )
    return rows


def step(ctx: Context, here: queries.Found, item: tasklist.Item) -> dict[str, Any]:
    """Return a step as pages show it."""
    today = ctx.clock.now().date()
    is_open = item.row.state == "open"
    helpers = ", ".join(map(labels.actor, item.step.helpers))
    return {
        "key": item.row.key,
        "title": str(item.step.title),
        "lead": labels.actor(item.step.lead),
        "helpers": helpers,
        "proof": str(item.step.proof),
        "due": day(item.due_on, "medium"),
        "state": item.row.state,
        "tag": _tag(item, today),
        "note": item.row.note,
        "done": day(item.row.done_at, "medium") if item.row.done_at else "",
        "by": labels.actor(item.row.done_side) if item.row.done_side else "",
        "marks": item.marks if is_open else 0,
        "may": bool(tasklist.sides_of(item.step) & here.sides)
        and here.mobility.state not in tasklist.OVER,
    }


def _tag(item: tasklist.Item, today: date) -> tuple[str, str]:
    if item.row.state == "done":
        return _("done"), "ok"
    if item.row.state == "not_needed":
        return _("not needed"), ""
    if item.due_on < today:
        return _("late"), "bad"
    return (_("due soon"), "warn") if item.due_on <= today + tasklist.LOOK_AHEAD else ("", "")


def next_steps(ctx: Context, here: queries.Found, found: Sequence[tasklist.Item]) -> list[Any]:
    """Return the next three open steps that the visitor's side leads, else those of others."""
    left = [item for item in found if item.row.state == "open" and item.step.phase != "partners"]
    left.sort(key=lambda item: item.row.due_on)
    mine = [item for item in left if tasklist.sides_of(item.step, leads=True) & here.sides]
    return [step(ctx, here, item) for item in (mine or left)[:3]]


# Pages behind links


def for_person(
    ctx: Context, person: ParticipantRow, place: PlacementRow, item: Mobility, *, is_guardian: bool
) -> dict[str, Any]:
    """Return what a participant's page shows: the stay and the person's own steps, nobody else's."""
    done = tasklist.marked_by(person)
    rows = [
        {
            "key": found.row.key,
            "title": str(found.step.title),
            "due": day(found.due_on, "medium"),
            "is_done": found.row.state == "done" or found.row.id in done,
            "may": found.step.lead == PARTICIPANT
            and not is_guardian
            and item.state not in tasklist.OVER,
            "lead": labels.actor(found.step.lead),
        }
        for found in tasklist.items(item.id)
        if PARTICIPANT in found.step.actors and found.row.state != "not_needed"
    ]
    return {**_shown(item, place), "steps": rows, "is_guardian": is_guardian, "phone": item.phone}


def for_workplace(ctx: Context, place: PlacementRow, item: Mobility) -> dict[str, Any]:
    """Return what the page of a workplace shows; no participant is named."""
    count = len(queries.participants([place.id]))
    rows = [
        {
            "key": found.row.key,
            "title": str(found.step.title),
            "due": day(found.due_on, "medium"),
            "proof": str(found.step.proof),
            "is_done": found.row.state == "done",
            "may": item.state not in tasklist.OVER,
        }
        for found in tasklist.items(item.id)
        if found.row.key in linking.AT_WORK and found.row.state != "not_needed"
    ]
    text = ngettext("%(num)s participant", "%(num)s participants", count)
    return {**_shown(item, place), "steps": rows, "count": text}


def _shown(item: Mobility, place: PlacementRow) -> dict[str, Any]:
    return {
        "title": item.title,
        "sending": item.sending.name,
        "host": item.host.name,
        "workplace": ", ".join(filter(None, (place.workplace, place.workplace_city))),
        "days": labels.period(place.starts_on, place.ended_on or place.ends_on),
        "is_fictional": item.sending.is_fictional,
        "outcome": labels.outcome(place.outcome) if place.outcome else None,
    }
