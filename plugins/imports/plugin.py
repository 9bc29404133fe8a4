"""What the imports plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from flask import Blueprint

from plugins.imports import cli, views, wizard
from portal.context import Context
from portal.hookspecs import JobKind, SetupItem, hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

HOUR = 3_600
ATTEMPTS = 5


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the wizard."""
    return [views.blueprint]


@hookimpl
def setup_list(ctx: Context) -> Sequence[SetupItem]:
    """Offer the list of imports."""
    return [SetupItem(_("Imports"), "imports.index", "", 45)]


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal import` with its commands; other plugins add theirs."""
    return [("", cli.group)]


@hookimpl
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Offer checking, importing, undoing, and forgetting files."""
    return [
        JobKind(wizard.CHECK, wizard.run_check, lazy("Check a file"), None, ATTEMPTS),
        JobKind(wizard.IMPORT, wizard.run_import, lazy("Import a file"), None, ATTEMPTS),
        JobKind(wizard.UNDO, wizard.run_undo, lazy("Undo an import"), None, ATTEMPTS),
        JobKind("imports.forget_files", wizard.forget, lazy("Forget uploaded files"), HOUR),
    ]


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them."""
    changes = {"title": lazy("What imports changed"), "stays": True}
    return {"imports_change.organisation_id": changes}
