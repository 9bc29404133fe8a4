"""What the occupations plugin answers when portal and partners ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import click
from flask import Blueprint

from plugins.occupations import cli, concepts, naming, views
from plugins.partners.interface import Widening
from portal.context import Context
from portal.hookspecs import HealthCheck, hookimpl
from portal.i18n import _


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer the command."""
    return [("occupations", cli.load)]


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer what scripts ask."""
    return [views.blueprint]


@hookimpl(optionalhook=True)
def mobilities_occupations(ctx: Context, texts: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """Say which occupations texts name, where it is exactly one."""
    return naming.named(texts)


@hookimpl
def partners_query_widened(ctx: Context, text: str, without: Collection[str]) -> Widening:
    """Look for the occupations of a query in other languages too."""
    return concepts.find(text, without)


@hookimpl
def reference_load(ctx: Context) -> None:
    """Fill the table of occupations."""
    concepts.load_all()


@hookimpl
def health_check(ctx: Context) -> Sequence[HealthCheck]:
    """Say whether occupations in other languages can be found."""
    name = _("Search by occupation")
    if concepts.is_loaded():
        return [HealthCheck(name, "ok")]
    return [
        HealthCheck(
            name,
            "off",
            _("Searches are not widened to other languages."),
            _("Run: %(command)s", command="portal occupations load"),
        )
    ]
