"""What the ratings plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import peewee
from flask import Blueprint
from markupsafe import Markup

from plugins.links.interface import Purpose
from plugins.partners.interface import Quality, Shown
from plugins.partners.interface import refresh as refresh_documents
from plugins.ratings import (
    answering,
    cli,
    demo,
    giving,
    inviting,
    queries,
    releasing,
    seeing,
    standing,
    telling,
    views,
    workflow,
)
from portal.context import Context
from portal.hookspecs import (
    Event,
    EventType,
    FooterLink,
    JobKind,
    ObjectType,
    Progress,
    Task,
    Transition,
    Workflow,
    hookimpl,
)
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy

DAY = 86_400
RELEASE, REMIND = "ratings.release", "ratings.remind"


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint, views.link, seeing.blueprint]


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal ratings`."""
    return [("", cli.group)]


@hookimpl
def footer_list(ctx: Context) -> Sequence[FooterLink]:
    """Offer the page of the method."""
    return [FooterLink(lazy("How ratings work"), "ratings_method.method", 15)]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer what waits to be rated, and to reviewers what waits for a decision."""
    own = [(_("Ratings"), "ratings.index")]
    return [*own, (_("Words and disputes"), "ratings.moderation")] if ctx.actor.is_reviewer else own


@hookimpl
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer to those who write for an organisation what was said about it."""
    own = [item for item in queries.own_organisations(ctx) if item.id == organisation_id]
    return [(_("How we were rated"), f"/ratings/about/{item.slug}") for item in own]


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Ask all sides once a placement is over; let changed parameters reach the scores."""
    if event.name == "mobility.ended":
        inviting.ask(ctx, event.subject_id)
    elif event.name == "setting.changed" and event.payload.get("scope") == "ratings":
        giving.recount(ctx)


@hookimpl
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name what happens to ratings; nothing does before they are released."""
    released = lazy("Ratings of an organisation were released")
    disputed = lazy("An organisation disputed a rating")
    removed = lazy("A rating was removed")
    withdrawn = lazy("The author of a released rating took it back")
    return [
        EventType("rating.released", released, {}, "organisation"),
        EventType("rating.disputed", disputed, {}, "organisation"),
        EventType("rating.removed", removed, {}, "organisation"),
        EventType("rating.withdrawn", withdrawn, {}, "organisation"),
    ]


@hookimpl
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer the ways of words and disputes."""
    return [workflow.TEXT_FLOW, workflow.DISPUTE_FLOW]


@hookimpl
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer invitations, ratings, words and disputes."""
    return workflow.TYPES


@hookimpl
def permission_veto(
    ctx: Context, permission: str, object_type: ObjectType, ids: peewee.Select
) -> peewee.Select | None:
    """Let nobody decide who belongs to a side of the placement."""
    return workflow.linked(ctx, object_type.name, ids) if permission == "review" else None


@hookimpl
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what a reviewer decided."""
    answering.carry_out(ctx, obj_type, obj, transition, entry.comment)


def _release(ctx: Context, _payload: Mapping[str, Any], progress: Progress) -> None:
    while releasing.release(ctx) == releasing.BATCH:
        progress.report(0.5)


def _recount(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    releasing.count_anew(ctx)


def _remind(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    inviting.remind(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Release what is due and remind of what is not, once a day; count anew when it is asked."""
    return [
        JobKind(RELEASE, _release, lazy("Release ratings whose seal is over"), DAY),
        JobKind(REMIND, _remind, lazy("Remind of placements that wait to be rated"), DAY),
        JobKind(giving.RECOUNT, _recount, lazy("Compute the scores anew")),
    ]


@hookimpl
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer the placements that the actor's organisations may rate."""
    return [
        Task(
            _("How was it? %(place)s", place=views.base.about(row.ending, row.organisation_id)),
            f"/ratings/give/{row.public_id}",
            row.ending.asked_at,
            row.ending.opens_at,
            kind=_("Rating"),
        )
        for row in queries.waiting(ctx)
    ]


@hookimpl(optionalhook=True)
def link_purposes(ctx: Context) -> Sequence[Purpose]:
    """Name the links by which participants rate."""
    return [inviting.LINKS]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told about ratings."""
    return telling.KINDS


@hookimpl(optionalhook=True)
def partners_quality(ctx: Context, ids: Sequence[int]) -> Mapping[int, Quality]:
    """Say how partners were rated, for the search."""
    return standing.quality(ids)


@hookimpl(optionalhook=True)
def partners_details(ctx: Context) -> Sequence[str]:
    """Read the score of a partner together with its profile."""
    return [standing.DETAILS]


@hookimpl(optionalhook=True)
def partners_head(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Show the score beside a profile."""
    return standing.aside(ctx, shown)


@hookimpl(optionalhook=True)
def partners_compared(ctx: Context, shown: Sequence[Shown]) -> Sequence[tuple[Any, Sequence[str]]]:
    """Put scores side by side."""
    return [(_("Quality, as rated"), [standing.compared(partner) for partner in shown])]


@hookimpl
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Keep organisations that rated or were rated: nothing is deleted."""
    return {number: _("it rated or was rated") for number in queries.taking_part(ids)}


@hookimpl
def reference_load(ctx: Context) -> None:
    """Tell the search the scores again, which it forgot while the plugin was off."""
    refresh_documents(ctx, queries.scored())


@hookimpl(optionalhook=True)
def consortia_closing(
    ctx: Context, consortium: Any, members: Sequence[int]
) -> Sequence[tuple[int, str, str]]:
    """Say how many stays between members of a consortium have ratings that nobody can read yet."""
    count = queries.sealed_among(members)
    told = ngettext(
        "%(num)s stay between members has ratings that are not released yet",
        "%(num)s stays between members have ratings that are not released yet",
        count,
    )
    return [(count, told if count else _("All ratings between members are released"), "/ratings")]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Load the demonstration set, once organisations and their stays are there."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them.

    What one of them said about the other stays: nobody rates themselves.
    """
    both = "IN ({kept}, {gone})"
    among = f"r.rater_id {both} AND r.rated_id {both}"
    ends = {"title": lazy("Placements that were rated")}
    ratings = {"title": lazy("Ratings"), "stays": among}
    asked = (
        f"r.rating_id IN (SELECT id FROM ratings_rating WHERE rater_id {both} AND rated_id {both})"
    )
    return {
        "ratings_ending.sending_id": ends,
        "ratings_ending.host_id": ends,
        "ratings_ending.supporting_id": ends,
        "ratings_invitation.organisation_id": {"title": lazy("Invitations to rate")},
        "ratings_rating.rater_id": ratings,
        "ratings_rating.rated_id": {**ratings, "same": ["invitation_id"]},
        "ratings_text.organisation_id": {"title": lazy("Words beside ratings"), "stays": asked},
        "ratings_dispute.organisation_id": {"title": lazy("Disputes"), "stays": asked},
        "ratings_score.organisation_id": {"title": lazy("Score"), "stays": True},
    }
