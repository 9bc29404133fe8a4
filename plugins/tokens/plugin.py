"""What the tokens plugin answers when the portal asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from flask import Blueprint

from plugins.tokens import api, cli, service, views
from portal.context import Actor, Context
from portal.hookspecs import hookimpl
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy


@hookimpl
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the pages of one's own tokens, and the API for programs that have one."""
    return [views.blueprint, api.blueprint]


@hookimpl
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer the page of one's own tokens."""
    return [(_("API tokens"), "tokens.index")]


@hookimpl
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer `portal token`."""
    return [("", cli.token_group)]


@hookimpl
def request_actor(ctx: Context, token: str) -> Actor | None:
    """Say whose program sent a token."""
    return service.holder(ctx, token)


@hookimpl
def sessions_ended(ctx: Context, account_id: int) -> None:
    """End the tokens of an account with its sessions."""
    service.end_all(ctx, account_id)


@hookimpl(optionalhook=True)
def merging_references(ctx: Context) -> Mapping[str, Mapping[str, Any]]:
    """Say what a merge of two entries does with what belongs to one of them."""
    return {"tokens_token.organisation_id": {"title": lazy("API tokens")}}
