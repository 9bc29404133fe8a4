"""Commands for those who register people elsewhere: allocate places from a list, check a result."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from plugins.allocation import rules
from portal.errors import Invalid
from portal.i18n import _, percent

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("roundtables")
def group() -> None:
    """Allocate round-table places, and check a published draw."""


@group.command("allocate")
@click.argument("pool", type=FILE)
@click.option("--settings", "settings_file", type=FILE, required=True, help="Tables and limits.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--seed", metavar="HEX", help="The public random value that draws the ticket.")
@click.option("--epsilon", type=float, help="How much breadth may be given up: 0.10 is a tenth.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def allocate(
    pool: Path,
    settings_file: Path,
    out: Path,
    seed: str | None,
    epsilon: float | None,
    as_json: bool,
) -> None:
    """Give the places at round tables to the people of a list, and draw a ticket.

    Without --seed the random value is made now and stands in the result: for a draw that others
    should trust, use a public value that did not exist when the list was closed.
    """
    people, settings = _read(pool, settings_file, epsilon)
    for problem in rules.problems(people, settings):
        click.echo(f"{problem.message} {problem.change}".rstrip(), err=True)
    is_shown = sys.stderr.isatty()

    def ready(share: float) -> None:
        if is_shown:
            click.echo(f"\r{share:4.0%}", nl=False, err=True)

    result = rules.allocate(people, settings, progress=ready)
    if is_shown:
        click.echo("\r    \r", nl=False, err=True)
    data = rules.published(result, secrets.token_hex(32) if seed is None else seed)
    out.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")
    left_out = {"tickets", "chances", "leaves", "settings"}
    short = {key: value for key, value in data.items() if key not in left_out}
    click.echo(json.dumps(short, ensure_ascii=False) if as_json else _report(result, data, out))


@group.command("verify")
@click.argument("result", type=FILE)
@click.argument("pool", type=FILE)
@click.argument("settings_file", metavar="SETTINGS", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def verify(result: Path, pool: Path, settings_file: Path, as_json: bool) -> None:
    """Check a result against its list and settings: limits, figures, fingerprints, the draw."""
    people, settings = _read(pool, settings_file, None)
    try:
        data = json.loads(result.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Invalid(_("The result is not valid JSON: %(why)s", why=error)) from None
    wrong = rules.check(data, people, settings)
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "wrong": wrong}, ensure_ascii=False))
    else:
        click.echo("\n".join(wrong) or _("All is right: limits, figures, fingerprints, the draw."))
    if wrong:
        click.get_current_context().exit(1)


def _read(
    pool: Path, settings_file: Path, epsilon: float | None
) -> tuple[rules.Pool, rules.Settings]:
    try:
        people, columns = rules.read_pool(pool.read_text(encoding="utf-8"))
        settings = rules.read_settings(settings_file.read_text(encoding="utf-8"), columns)
    except UnicodeDecodeError:
        raise Invalid(_("The files must be UTF-8 text.")) from None
    for name in settings.features:
        if name not in columns:
            text = _("The list has no column “%(name)s”, which the settings count.", name=name)
            raise Invalid(text, "features")
    return people, rules.with_epsilon(settings, epsilon)


def _report(result: rules.Result, data: dict[str, Any], out: Path) -> str:
    lines = [
        _("%(seats)s seats in each of %(num)s tickets; ticket %(drawn)s is drawn.",
          seats=result.fill, num=len(result.tickets), drawn=data["drawn"]),
        _("Breadth: %(cover)s of the groups and %(even)s of the evenness that could be had.",
          cover=percent(round(result.coverage.expected_share * 100)),
          even=percent(round(result.simpson.expected_share * 100))),
        _("The lowest chance is %(lowest)s; nobody could make it greater than %(bound)s.",
          lowest=f"{result.lowest:.4f}", bound=f"{result.bound:.4f}")
        if result.bound is not None
        else _("The lowest chance is %(lowest)s; without the solver nobody knows the best one.",
               lowest=f"{result.lowest:.4f}"),
        _("Written to %(file)s.", file=out),
    ]  # fmt: skip
    return "\n".join(lines)
