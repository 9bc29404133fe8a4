"""The commands `portal plugin uninstall` and `portal plugin forget`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from plugins.operation import leaving
from plugins.operation.leaving import plugins
from portal.context import system_context


def _act(act: str, plugin: str, only_plan: bool, as_json: bool, confirm: str, others: bool) -> None:
    """Plan an act, let its plugin's id be typed where that is needed, do it and say so."""
    ctx = system_context()
    with click.get_current_context().obj().app_context():
        plan = leaving.plan_leaving(ctx, plugin, act)
        tables = leaving.tables_of(plugin)
        if plan.needs_confirmation and not (confirm or only_plan or as_json or plan.refusals):
            click.echo("\n".join([*plan.steps, *plan.objections]))
            confirm = click.prompt(f"Type {plugin} to confirm")
        if not only_plan:
            plan = leaving.leave(ctx, plugin, act, confirm, others)
        status = plugins().statuses().get(plugin)
    if as_json:
        shown = asdict(plan) | {"tables": [asdict(table) for table in tables]}
        click.echo(json.dumps(shown | {"done": not only_plan}))
        return
    lines = [*plan.steps, *(f"! {text}" for text in (*plan.refusals, *plan.objections))]
    if only_plan:
        lines += [f"{table.name}: {table.rows} rows" for table in tables]
    else:
        lines += [f"Written to {plan.export}."] if plan.export else []
        lines += [f"{plugin}: {status.state if status else 'forgotten'}"]
    click.echo("\n".join(lines))


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what each act takes."""
    for add in (
        click.option(
            "--with-others", "others", is_flag=True, help="Also switch those that must go first."
        ),
        click.option("--confirm", default="", metavar="PLUGIN", help="Its id, typed once more."),
        click.option("--json", "as_json", is_flag=True, help="Report as JSON."),
        click.option("--plan", "only_plan", is_flag=True, help="Only say what would be done."),
        click.argument("plugin"),
    ):
        command = add(command)
    return command


@click.command("uninstall")
@_options
@click.option("--purge", is_flag=True, help="Delete its data too.")
def uninstall(purge: bool, **wish: Any) -> None:
    """Uninstall a plugin; its data stays unless --purge."""
    _act("purge" if purge else "uninstall", **wish)


@click.command("forget")
@_options
def forget(**wish: Any) -> None:
    """Write what a plugin left whose code is gone to a file, and delete it."""
    _act("forget", **wish)
