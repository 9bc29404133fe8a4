"""What the notice board answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template
from markupsafe import Markup

from portal.context import Context
from portal.hookspecs import HomeContribution, MenuItem, hookimpl
from portal.i18n import _
from tessera_pinboard import labels, queries, views


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages."""
    return [views.blueprint]


@hookimpl
def menu_list(ctx: Context) -> Sequence[MenuItem]:
    """Offer an entry of the top bar, after those of the house."""
    return [MenuItem(_("Notice board"), "pinboard.board", order=200)]


@hookimpl
def home_show(ctx: Context) -> HomeContribution | None:
    """Show the newest notices on the home page; nothing while the board is empty."""
    notices = queries.on_the_board(ctx, most=3)
    if not notices:
        return None
    page = render_template("pinboard/home.html", notices=notices, labels=labels)
    return HomeContribution(sections=[Markup(page)], order=200)  # noqa: S704  rendered, so escaped
