"""What the reliance plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup

from plugins.agreements.interface import EVENT_IN_FORCE, are_together, own_organisations
from plugins.partners.interface import Shown
from plugins.reliance import demo, promises, views
from plugins.reliance.rules import ENOUGH
from portal.context import Context
from portal.hookspecs import Event, JobKind, Progress, hookimpl
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy

DAY = 86_400


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def event_happened(ctx: Context, event: Event) -> None:
    """Start the clock for what an agreement promises."""
    if event.name == EVENT_IN_FORCE:
        promises.note(ctx, event.subject_id)


def _remind(ctx: Context, _payload: Mapping[str, Any], _progress: Progress) -> None:
    promises.remind(ctx)


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Remind of overdue promises once a day."""
    return [JobKind("reliance.remind", _remind, lazy("Remind of overdue recognition"), DAY)]


@hookimpl(optionalhook=True)
def notice_list(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name what people are told."""
    return promises.KINDS


@hookimpl(optionalhook=True)
def partners_details(ctx: Context) -> Sequence[str]:
    """Read how a partner kept its promises of recognition together with its profile."""
    return [promises.kept_rows(ctx.clock.now().date())]


@hookimpl(optionalhook=True)
def partners_asides(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Say how a partner keeps its promises, and lead those who know it to the trust sheet."""
    own = own_organisations(ctx) if ctx.actor.signed_in else []
    mine = [item for item in own if item.id != shown.organisation_id][:5]
    counts = next(iter(shown.details.get("reliance_kept", ())), ("0", "0"))
    due, kept = int(counts[0]), int(counts[1])
    together = any(are_together(item.id, shown.organisation_id) for item in mine)
    if due < ENOUGH and not together:
        return []
    rate = ngettext(
        "Kept %(kept)s of %(num)s promise of recognition in time.",
        "Kept %(kept)s of %(num)s promises of recognition in time.",
        due,
        kept=kept,
    )
    card = render_template(
        "reliance/aside.html",
        slug=shown.slug,
        together=together,
        rate=rate if due >= ENOUGH else "",
    )
    return [Markup(card)]  # noqa: S704


@hookimpl(optionalhook=True)
def consortia_closing(
    ctx: Context, consortium: Any, members: Sequence[int]
) -> Sequence[tuple[int, str, str]]:
    """Say how many recognitions that members of a consortium promised each other are not delivered."""
    count = promises.open_among(members)
    told = ngettext(
        "%(num)s promised recognition is not delivered",
        "%(num)s promised recognitions are not delivered",
        count,
    )
    return [
        (count, told if count else _("Every promised recognition is delivered"), "/recognition")
    ]


@hookimpl(optionalhook=True)
def operation_demo_filled(ctx: Context) -> None:
    """Let made-up organisations fill in a trust sheet."""
    demo.load(ctx)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does: nobody relies on themselves, no promise stands twice."""
    both = "IN ({kept}, {gone})"
    pair = f"r.organisation_id {both} AND r.partner_id {both}"
    grounds = {"title": lazy("Trust sheets"), "stays": pair}
    steps = {"title": lazy("Plans with partners"), "stays": pair}
    return {
        "reliance_promise.organisation_id": {
            "title": lazy("Promises of recognition"),
            "same": ["agreement_id"],
        },
        "reliance_ground.organisation_id": grounds,
        "reliance_ground.partner_id": grounds,
        "reliance_step.organisation_id": steps,
        "reliance_step.partner_id": steps,
        "reliance_step.owner_id": steps,
    }
