"""What the claims plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from plugins.claims import queries, views
from portal.context import Context
from portal.hookspecs import hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the list of cases to reviewers."""
    return [(_("Cases to decide"), "claims.case_list")] if ctx.actor.is_reviewer else []


@hookimpl
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Keep entries about which somebody asked: the receipt must go on answering."""
    return {number: _("somebody asked about it") for number in queries.asked_about(ids)}
