"""Commands of the projects plugin."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from plugins.projects import importing
from portal.context import system_context
from portal.errors import PortalError
from portal.organisations.models import Source


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done}/{total}", nl=done >= total, err=True)


@click.command("consortia")
@click.argument("projects_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("participations_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="import", show_default=True, help="Key of the source.")
@click.option("--source-title", default="", help="Title of the source, shown beside each fact.")
@click.option("--source-licence", default="", help="Licence of the source.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def consortia(
    projects_file: Path,
    participations_file: Path,
    source: str,
    source_title: str,
    source_licence: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import projects and who takes part in them."""
    app = click.get_current_context().obj()
    origin = Source(key=source, title=source_title or projects_file.name, licence=source_licence)
    with app.app_context():
        try:
            report = importing.import_consortia(
                system_context(),
                projects_file,
                participations_file,
                origin,
                dry_run,
                None if as_json else _tell,
            )
        except PortalError as error:
            raise click.ClickException(error.message) from None
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False))
        return
    for problem in report.rejected[:20]:
        click.echo(f"line {problem.line}: {problem.column}: {problem.reason}", err=True)
    if len(report.rejected) > 20:
        click.echo(f"... and {len(report.rejected) - 20} more", err=True)
    verb = "Would import" if dry_run else "Imported"
    click.echo(
        f"{verb} {report.projects} projects with {report.participations} participations: "
        f"{report.recognised} organisations known, {report.added} new, "
        f"{len(report.rejected)} rows refused."
    )
    if report.leaderless:
        named = ", ".join(report.leaderless[:5]) + (", ..." if len(report.leaderless) > 5 else "")
        click.echo(f"{len(report.leaderless)} projects without a coordinator went in: {named}")
    if report.twice:
        click.echo(f"{report.twice} rows name a member again: each role of it is kept once.")
    if report.alike:
        click.echo(
            f"{report.alike} new entries have the name and country of another one: they are proposed "
            "for merging at /setup/duplicates."
        )
    if report.batch:
        click.echo(f"Undo with: portal import undo {report.batch}")
