"""`portal ratings ...`: scores from a file, with no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask

from plugins.ratings import parameters, rows, rowsfile
from plugins.ratings.parameters import Parameters
from plugins.ratings.sandbox import ranking
from plugins.ratings.score import Score, scores
from portal import db
from portal.context import system_context
from portal.errors import Invalid
from portal.i18n import _, ngettext

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("ratings")
def group() -> None:
    """Compute scores from a file of ratings, or write that file."""


@group.command("score")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Report as JSON, unrounded.")
@click.option(
    "--parameters",
    "parameters_file",
    type=FILE,
    help="JSON of the parameters, as the page of the method gives it; without it the defaults.",
)
def score(file: Path, as_json: bool, parameters_file: Path | None) -> None:
    """Compute scores from FILE, a CSV of released ratings, as of its newest release.

    Needs no database. Organisations come in the order in which lists show them.
    """
    try:
        running = _parameters(parameters_file) if parameters_file else Parameters()
        with file.open(encoding="utf-8-sig", newline="") as opened:
            found = scores(rowsfile.read(opened), running)
    except Invalid as error:
        raise click.ClickException(f"{file}: {error.message}") from error
    ordered = [found[name] for name in ranking({n: s.rank_value for n, s in found.items()})]
    if as_json:
        json.dump({"scores": [_as_dict(one) for one in ordered]}, sys.stdout, indent=1)
        click.echo()
        return
    for one in ordered:
        click.echo(_line(one))


@group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export(file: Path) -> None:
    """Write the released ratings into FILE, with other names for organisations.

    Participants' answers are there as the public counts them: together, never one by one.
    """
    with running_portal(), file.open("w", encoding="utf-8", newline="") as opened:
        count = rowsfile.write(rows.released(system_context()), opened)
    click.echo(ngettext("%(num)s row written.", "%(num)s rows written.", count))


@contextmanager
def running_portal() -> Iterator[None]:
    """Open the portal of the command line."""
    make_app: Callable[[], Flask] = click.get_current_context().obj
    app = make_app()
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        try:
            yield
        finally:
            db.database.close()


def _parameters(file: Path) -> Parameters:
    try:
        values = json.loads(file.read_text("utf-8-sig"))
    except ValueError:
        raise Invalid(_("Write the parameters as one JSON object.")) from None
    if isinstance(values, dict) and isinstance(values.get("parameters"), dict):
        values = values["parameters"]
    return parameters.from_dict(values)


def _as_dict(one: Score) -> dict[str, object]:
    return {
        "organisation": one.organisation,
        "score": one.score,
        "low": one.low,
        "high": one.high,
        "raters": one.raters,
        "people": one.people,
        "rank_value": one.rank_value,
        "label": one.label,
    }


def _line(one: Score) -> str:
    figures = f"{one.score:.2f}  {one.low:.2f} to {one.high:.2f}"
    counts = _("raters %(raters)s, people %(people)s", raters=one.raters, people=one.people)
    label = "" if one.is_enough else f"  ({_('not enough yet')})"
    return f"{one.organisation}  {figures}  {counts}{label}"
