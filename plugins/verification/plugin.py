"""What the proof of agreements answers when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

import click
from flask import Blueprint

from plugins.verification import cli, views
from portal.context import Context
from portal.hookspecs import FooterLink, hookimpl
from portal.i18n import _


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the page and the files."""
    return [views.blueprint]


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal agreements verify`."""
    return [("", cli.agreements_group)]


@hookimpl
def footer_list(ctx: Context) -> Sequence[FooterLink]:
    """Offer the page on every page: whoever holds a document may never have been here."""
    return [FooterLink(_("Check a document"), "verification.verify", 30)]
