"""`portal import ...`: files in, batches undone. Plugins add their own commands to the group."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask

from plugins.imports import labels, service
from portal import db
from portal.context import system_context
from portal.errors import PortalError
from portal.i18n import _, ngettext
from portal.organisations.models import Source

SHOWN = 20


@click.group("import")
def group() -> None:
    """Import files, or undo an import."""


@contextmanager
def running_portal() -> Iterator[None]:
    """Open the portal of the command line; its refusals become one clear line."""
    make_app: Callable[[], Flask] = click.get_current_context().obj
    app = make_app()
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        try:
            yield
        except PortalError as error:
            raise click.ClickException(error.message or type(error).__name__) from error
        finally:
            db.database.close()


@group.command("organisations")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Report the same, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.option("--all", "show_all", is_flag=True, help="Show every problem.")
@click.option("--source", help="Key of the source, for example ror; facts will name it.")
@click.option("--source-title", help="What the source is called; needed with a new key.")
@click.option("--source-licence", default="", help="Under which licence it may be shown.")
@click.option("--source-url", default="", help="Where the source is found.")
@click.option("--fictional", is_flag=True, help="Mark them as made up, for demonstrations.")
def organisations(
    file: Path,
    dry_run: bool,
    as_json: bool,
    show_all: bool,
    source: str | None,
    source_title: str | None,
    source_licence: str,
    source_url: str,
    fictional: bool,
) -> None:
    """Import organisations from a CSV or XLSX file; only name and country are required.

    Rows about entries that are there bring them up to date: see the difference with --dry-run.
    """
    with running_portal():
        report = service.import_organisations(
            system_context(),
            file,
            source=_source(source, source_title, source_licence, source_url),
            dry_run=dry_run,
            progress=None if as_json else Progress(),
            fictional=fictional,
        )
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        show_report(report, None if show_all else SHOWN)
    if not (report.accepted or report.updated or report.unchanged):
        raise click.exceptions.Exit(1)


def _source(key: str | None, title: str | None, licence: str, url: str) -> Source | None:
    if not key:
        return None
    known = Source.get_or_none(Source.key == key)
    if title:
        return Source(key=key, title=title, licence=licence, url=url)
    if known is None:
        raise click.UsageError(f"The source {key} is new: give it a name with --source-title.")
    return known  # type: ignore[no-any-return]


class Progress:
    """Writes how far a long import is, on one line of a terminal."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Show lines done of all lines."""
        if self.terminal:
            click.echo(f"\r{done}/{total}", nl=done >= total, err=True)


def show_report(report: service.Report, shown: int | None) -> None:
    """Write a report for people: one line a problem, then the sum."""
    for warning in report.warnings:
        click.echo(_("Note: %(text)s", text=warning))
    if report.ignored_columns:
        columns = ", ".join(report.ignored_columns)
        click.echo(_("These columns are ignored: %(columns)s.", columns=columns))
    _some([_problem_line(item, _("left out")) for item in report.rejected], shown)
    _some([_problem_line(item, _("value left out")) for item in report.problems], shown)
    _some(
        [
            _(
                "Line %(line)s, likely a duplicate: %(name)s. %(reason)s.",
                line=item.line,
                name=item.name,
                reason=item.reason,
            )
            for item in report.duplicates
        ],
        shown,
    )
    _some([line for item in report.updated for line in _difference_lines(item)], shown)
    _some([line for item in report.kept for line in _difference_lines(item)], shown)
    click.echo(_summary(report))
    if report.updated or report.unchanged or report.kept:
        click.echo(
            _(
                "Known already: %(updated)s brought up to date, %(unchanged)s as they were; in "
                "%(kept)s something stays that the file says otherwise.",
                updated=len(report.updated),
                unchanged=report.unchanged,
                kept=len(report.kept),
            )
        )


def _difference_lines(item: service.Updated) -> list[str]:
    """Write what a file says otherwise about an entry, and what becomes of it."""
    return [
        _(
            "Line %(line)s, %(name)s: %(difference)s",
            line=item.line,
            name=item.name,
            difference=labels.difference(difference),
        )
        for difference in item.differences
    ]


def _problem_line(problem: Any, what: str) -> str:
    place = f", {problem.column}" if problem.column else ""
    return _(
        "Line %(line)s%(place)s, %(what)s: %(reason)s",
        line=problem.line,
        place=place,
        what=what,
        reason=problem.reason,
    )


def _some(lines: Sequence[str], shown: int | None) -> None:
    for line in lines[:shown]:
        click.echo(line)
    rest = len(lines) - len(lines[:shown])
    if rest:
        click.echo(
            ngettext(
                "... and one more of this kind; show it with --all.",
                "... and %(num)s more of this kind; show them with --all.",
                rest,
            )
        )


def _summary(report: service.Report) -> str:
    numbers = {
        "accepted": report.accepted,
        "rejected": len(report.rejected),
        "duplicates": len(report.duplicates),
        "batch": report.batch,
    }
    if report.dry_run:
        text = _(
            "Dry run: %(accepted)s organisations would go in, %(rejected)s rows would be left "
            "out, %(duplicates)s are likely duplicates. Nothing was written."
        )
    elif report.batch and (report.accepted or not report.updated):
        text = _(
            "%(accepted)s organisations went in, %(rejected)s rows were left out, %(duplicates)s "
            "are likely duplicates. Batch %(batch)s; take it back with: portal import undo "
            "%(batch)s"
        )
    elif report.batch:
        text = _(
            "Nothing new went in, %(rejected)s rows were left out. Batch %(batch)s; take it back "
            "with: portal import undo %(batch)s"
        )
    else:
        text = _("Nothing was imported; %(rejected)s rows were left out.")
    return text % numbers


@group.command("undo")
@click.argument("batch")
@click.option("--dry-run", is_flag=True, help="Report the same, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.option("--all", "show_all", is_flag=True, help="Name everything that is kept.")
def undo(batch: str, dry_run: bool, as_json: bool, show_all: bool) -> None:
    """Take an import back; what was claimed or changed since is kept and named."""
    with running_portal():
        told = None if as_json else Progress()
        report = service.undo_import(system_context(), batch, dry_run, told)
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
        return
    lines = [
        _("Kept: %(name)s (%(reason)s)", name=name, reason=reason) for name, reason in report.kept
    ]
    _some(lines, None if show_all else SHOWN)
    if report.restored:
        restored = ngettext(
            "One entry that was brought up to date is as it was before.",
            "%(num)s entries that were brought up to date are as they were before.",
            report.restored,
        )
        click.echo(restored)
    numbers = {"removed": report.removed, "kept": len(report.kept)}
    if dry_run:
        text = _(
            "Dry run: %(removed)s organisations would be removed, %(kept)s kept. Nothing was "
            "written."
        )
    else:
        text = _("%(removed)s organisations were removed, %(kept)s kept.")
    click.echo(text % numbers)
