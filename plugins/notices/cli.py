"""The command `portal mail bounce`."""

from __future__ import annotations

import json
import sys

import click

from plugins.notices import bounces, reports
from portal.context import system_context

SAID = {
    bounces.NOTHING: "This is no report of a mail that came back. Nothing was done.",
    bounces.UNKNOWN: "The report is about no mail of this portal that is still known. Nothing was done.",
    bounces.TEMPORARY: "The mail came back for the time being; it is counted.",
    bounces.STOPPED: "Nothing more is sent to this address, but for what signs people in.",
}


@click.command("bounce")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def bounce(as_json: bool) -> None:
    """Read a mail that came back, from standard input.

    Let the mail server pipe the mailbox for bounces here: `portal mail bounce < message`.
    """
    raw = sys.stdin.buffer.read(reports.MOST_BYTES)
    with click.get_current_context().obj().app_context():
        outcome, address = bounces.take(system_context(), raw)
    if as_json:
        click.echo(json.dumps({"outcome": outcome, "address": address}))
    else:
        click.echo(f"{address}: {SAID[outcome]}" if address else SAID[outcome])
