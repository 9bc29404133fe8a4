"""What somebody came for, and the steps that lead there."""

from __future__ import annotations

from plugins.welcome import rules
from plugins.welcome.models import Choice
from plugins.welcome.rules import AIMS, Step
from portal import objects
from portal.context import Context

HOOK = "first_step_list"


def choice(ctx: Context) -> Choice | None:
    """Return what the actor chose, None before the first sign-in since this plugin is here."""
    found: Choice | None = Choice.get_or_none(Choice.account == ctx.actor.account_id)
    return found


def steps(ctx: Context, aim: str) -> list[Step]:
    """Return the steps to an aim, none for one that no plugin offers."""
    hooks, found = objects.registry().hooks, []
    for plugin, answers in hooks.call(HOOK, ctx, aim=aim):
        for answer in answers:
            try:
                found.append(rules.step(answer))
            except (KeyError, TypeError, ValueError) as error:
                hooks.failed(plugin, HOOK, error)
    return rules.chosen(found)


def aims(ctx: Context) -> dict[str, list[Step]]:
    """Return the aims that are offered, with their steps."""
    found = {aim: steps(ctx, aim) for aim in AIMS}
    return {aim: some for aim, some in found.items() if some}
