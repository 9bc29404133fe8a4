"""What the meetings plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from flask import Blueprint

from plugins.consortia.interface import Section, Seen, of_ids, own
from plugins.links.interface import Purpose
from plugins.meetings import archive, demo, queries, reminding, telling, views, visiting
from portal.context import Context
from portal.hookspecs import JobKind, Progress, Task, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

QUARTER, DAY = 900, 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Put meetings and decisions into a consortium's menu, where they are on."""
    is_on = queries.switched_on(consortium)
    base = f"/consortia/{consortium.slug}"
    return [
        Section(
            _("Meetings"),
            f"{base}/meetings",
            42,
            _("Invite members to meet, write minutes, note who does what."),
            "meetings" in is_on,
        ),
        Section(
            _("Decisions"),
            f"{base}/decisions",
            44,
            _("Decide by consent or by vote, with a record of who said what."),
            "decisions" in is_on,
        ),
        Section(
            _("Announcements"),
            f"{base}/announcements",
            46,
            _("Tell all members something, and see who has read it."),
            "announcements" in is_on,
        ),
    ]


@hookimpl
def mail_sending(ctx: Context, mail: Any, message: EmailMessage) -> None:
    """Put the appointment of a meeting into the mail that tells of it."""
    if mail.kind in telling.MAILS:
        telling.attach_to(ctx, mail, message, of_ids)


@hookimpl(optionalhook=True)
def consortia_archive(ctx: Context, consortium: Seen) -> Mapping[str, bytes]:
    """Add meetings, minutes that were shared, actions and decisions."""
    return archive.files(consortium)


@hookimpl(optionalhook=True)
def link_purposes(ctx: Context) -> Sequence[object]:
    """Mail links to guests of meetings."""
    return [Purpose(visiting.PURPOSE, "meetings.visitor", visiting.letter)]


def _look_after(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    reminding.look_after(ctx)


def _forget(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    telling.forget(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Count decisions at their deadline and remind; forget what was noted for mails that are gone."""
    return [
        JobKind(
            "meetings.look_after",
            _look_after,
            lazy("Count the voices of decisions that are due, and remind of meetings"),
            QUARTER,
        ),
        JobKind(
            "meetings.forget", _forget, lazy("Forget appointments of mails that are gone"), DAY
        ),
    ]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told about meetings and decisions."""
    return telling.KINDS


def _shown(ctx: Context) -> dict[int, Seen]:
    return {item.id: item for item in own(ctx)}


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer invitations, minutes, decisions and things to do that wait for the actor."""
    consortia = _shown(ctx)
    if not consortia:
        return []
    now = ctx.clock.now()
    return [
        *_invitations(ctx, consortia, now),
        *_minutes(ctx, consortia, now),
        *_decisions(ctx, consortia, now),
        *(
            Task(
                _("%(consortium)s: %(title)s", consortium=consortia[row.consortium_id].name,
                  title=row.title),
                telling.base_of(consortia[row.consortium_id], part="actions"),
                row.created_at,
                datetime.combine(date.fromisoformat(row.due_on), datetime.max.time(), UTC),
                _("To be done"),
            )
            for row in queries.own_actions(ctx, consortia)
        ),
    ]  # fmt: skip


def _invitations(ctx: Context, consortia: Mapping[int, Seen], now: datetime) -> list[Task]:
    rows = [row for row in queries.invited_to(ctx, now) if row.consortium_id in consortia]
    said = queries.own_answers(ctx, [row.id for row in rows])
    return [
        Task(
            _("Say whether you come: %(title)s", title=row.title),
            telling.base_of(consortia[row.consortium_id], row),
            row.created_at,
            row.starts_at,
            _("Meeting"),
        )
        for row in rows
        if row.id not in said
    ]


def _minutes(ctx: Context, consortia: Mapping[int, Seen], now: datetime) -> list[Task]:
    mine = {item.id for item in queries.own_organisations(ctx)}
    return [
        Task(
            _("Share the minutes: %(title)s", title=row.title),
            f"{telling.base_of(consortia[row.consortium_id], row)}/minutes",
            row.ends_at,
            kind=_("Meeting"),
        )
        for row in queries.without_minutes(consortia, now)
        if consortia[row.consortium_id].part == "lead" or row.scribe_id in mine
    ]


def _decisions(ctx: Context, consortia: Mapping[int, Seen], now: datetime) -> list[Task]:
    rows = queries.open_decisions(consortia, now)
    voices = queries.spoken([row.id for row in rows])
    voters = queries.own_voters(ctx, {row.consortium_id for row in rows})
    return [
        Task(
            _("%(name)s decides: %(title)s", name=consortia[row.consortium_id].name,
              title=row.title),
            telling.base_of(consortia[row.consortium_id], row, "decisions"),
            row.created_at,
            row.closes_at,
            _("Decision"),
        )
        for row in rows
        if any((row.id, owner) not in voices for owner in voters.get(row.consortium_id, ()))
    ]  # fmt: skip


@hookimpl(optionalhook=True)
def calendar_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Put meetings, deadlines and days into people's calendars; never a joining link."""
    consortia = _shown(ctx)
    if not consortia:
        return []
    now = ctx.clock.now()
    since = now - timedelta(days=60)
    found = [
        {
            "uid": f"meeting {row.public_id}",
            "title": f"{consortia[row.consortium_id].name}: {row.title}",
            "start": row.starts_at,
            "end": row.ends_at,
            "url": telling.base_of(consortia[row.consortium_id], row),
        }
        for row in queries.invited_to(ctx, since)
        if row.consortium_id in consortia
    ]
    found += [
        {
            "uid": f"decision {row.public_id}",
            "title": _("Last moment to decide: %(title)s", title=row.title),
            "start": row.closes_at,
            "url": telling.base_of(consortia[row.consortium_id], row, "decisions"),
        }
        for row in queries.open_decisions(consortia, now)
    ]
    found += [
        {
            "uid": f"action {row.public_id}",
            "title": _("To be done: %(title)s", title=row.title),
            "start": date.fromisoformat(row.due_on),
            "url": telling.base_of(consortia[row.consortium_id], part="actions"),
        }
        for row in queries.own_actions(ctx, consortia)
    ]
    return found


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Let the made-up consortium meet and decide."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them."""
    return {
        "meetings_meeting.scribe_id": {"title": lazy("Meetings whose minutes it writes")},
        "meetings_guest.organisation_id": {
            "title": lazy("Meetings it is invited to"),
            "same": ["meeting_id"],
        },
        "meetings_answer.organisation_id": {"title": lazy("Answers to meetings")},
        "meetings_action.organisation_id": {"title": lazy("What it has to do in consortia")},
        "meetings_voice.organisation_id": {"title": lazy("Voices in decisions")},
        "meetings_reading.organisation_id": {
            "title": lazy("Announcements it has read"),
            "same": ["announcement_id"],
        },
        "meetings_sealed.organisation_id": {
            "title": lazy("Voices in secret votes"),
            "same": ["decision_id"],
        },
    }
