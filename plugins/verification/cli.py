"""The command `portal agreements verify`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO

import click

from plugins.trust import interface as trust
from plugins.verification import records, verifying
from portal.context import system_context
from portal.errors import PortalError

RESULTS = {verifying.SAME: 0, verifying.CHANGED: 1, verifying.UNKNOWN: 2}


@click.group("agreements")
def agreements_group() -> None:
    """Check documents of agreements."""


@agreements_group.command("verify")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--all", "is_all", is_flag=True, help="Check all agreements of this site instead.")
@click.option("--head", "copy", type=click.File(), help="A mail or file with a head of the log.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def verify(file: Path | None, is_all: bool, copy: IO[str] | None, as_json: bool) -> None:
    """Say what FILE proves: the PDF of an agreement, or its bundle.

    Ends with 0 when nothing was changed, 1 when something was, 2 when this portal does not know it.
    With --all every stored text and signature is held against the audit log.
    """
    if is_all == (file is not None):
        raise click.UsageError("Name a FILE, or write --all.")
    with click.get_current_context().obj().app_context():
        try:
            if file is None:
                return _whole(copy, as_json)
            verdict = verifying.look(
                system_context(), file.read_bytes(), copy.read() if copy else ""
            )
        except PortalError as error:
            raise click.ClickException(error.message) from None
    if as_json:
        found = {**vars(verdict), "rows": [vars(row) for row in verdict.rows]}
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _say(verdict)
    sys.exit(RESULTS[verdict.kind])


def _whole(copy: IO[str] | None, as_json: bool) -> None:
    """Check all agreements; the first that is wrong is named first."""
    found = records.verify_all(trust.read_head(copy.read()) if copy else None)
    if as_json:
        click.echo(json.dumps([vars(one) for one in found], ensure_ascii=False))
        sys.exit(1 if found else 0)
    if found:
        first = found[0]
        raise click.ClickException(f"Changed: {first.agreement or 'audit log'}, {first.text}")
    click.echo("All texts and signatures are as they were noted in the audit log.")


def _say(verdict: verifying.Verdict) -> None:
    for line in (verdict.title, verdict.about, verdict.text, verdict.digest):
        if line:
            click.echo(line)
    wrong = "Wrong" if verdict.kind == verifying.CHANGED else "Not proven"
    for heading, points in (("Proven", verdict.proven), (wrong, verdict.unproven)):
        for title, text in points:
            click.echo(f"{heading}: {title}. {text}")
    for row in verdict.rows:
        click.echo(f"Signed: {row.party} ({row.who or row.role}), {row.how}, {row.when}")
    for party in verdict.missing:
        click.echo(f"Not signed: {party}")
