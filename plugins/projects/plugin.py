"""What the projects plugin answers when portal and partners ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from flask import current_app, render_template
from markupsafe import Markup

from plugins.partners.interface import ProjectPart, learn_projects
from plugins.projects import cli, demo, home, importing, queries
from portal import db, objects
from portal.context import Context
from portal.hookspecs import HomeContribution, hookimpl
from portal.i18n import lazy_gettext as lazy
from portal.i18n import ngettext, number


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer the import."""
    return [("import", cli.consortia)]


@hookimpl
def home_show(ctx: Context) -> HomeContribution:
    """Offer the consortia as tiles, below what partners say."""
    tiles = home.tiles()
    section = render_template("projects/home.html", projects=tiles) if tiles else ""
    return HomeContribution(sections=[Markup(section)] if tiles else [], order=20)  # noqa: S704


@hookimpl
def partners_figures(ctx: Context) -> Sequence[tuple[str, str]]:
    """Count the consortia."""
    count = home.overview()[0]
    return [(number(count), ngettext("consortium", "consortia", count))] if count else []


@hookimpl
def partners_projects(
    ctx: Context, ids: Sequence[int], most: int
) -> Mapping[int, Sequence[ProjectPart]]:
    """Name the projects that organisations took part in."""
    return queries.of_organisations(ids, most)


@hookimpl(optionalhook=True)
def requests_past_partners(ctx: Context, organisation_id: int) -> Sequence[tuple[int, str]]:
    """Name claimed organisations that took part in the same projects."""
    return queries.past_partners(organisation_id)


@hookimpl(optionalhook=True)
def consortia_known(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name the first consortia with their source."""
    return home.tiles()


@hookimpl(optionalhook=True)
def introductions_together(ctx: Context, ids: Sequence[int]) -> Sequence[tuple[int, int, str]]:
    """Say who took part in the same projects."""
    return queries.together(ids)


@hookimpl(optionalhook=True)
def introductions_groups(ctx: Context) -> Sequence[Sequence[int]]:
    """Say who takes part in each project."""
    return queries.groups()


@hookimpl
def partners_details(ctx: Context) -> Sequence[str]:
    """Say beside a profile how many projects there are, and whether past partners can be asked."""
    return [queries.HOW_MANY, queries.HAS_PAST_PARTNERS]


@hookimpl
def partners_demo_load(ctx: Context) -> None:
    """Load the real part of the demonstration set."""
    demo.load(ctx)


@hookimpl
def import_undone(ctx: Context, batch_id: int) -> None:
    """Take back projects of the batch."""
    importing.undo(ctx, batch_id)


@hookimpl
def reference_load(ctx: Context) -> None:
    """Bring the search up to date: it forgot projects while the plugin was off."""
    with db.transaction():
        learn_projects(ctx, queries.taking_part())


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them."""
    parts = {"title": lazy("Parts in projects"), "same": ["project_id", "role"]}
    return {"projects_participation.organisation_id": parts}


@hookimpl
def upkeep_run(ctx: Context) -> None:
    """Do the same once after plugins were switched, however that was done."""
    generation = objects.registry().generation
    if current_app.extensions.get("projects.generation") != generation:
        reference_load(ctx)
        current_app.extensions["projects.generation"] = generation
