"""The commands `portal serve`, `doctor`, `demo` and `db backup`, `restore`, `check`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask import Flask

from plugins.operation import demo as demonstration
from plugins.operation import doctor as checks
from plugins.operation import serving, storage
from portal import db
from portal.cli import init, load_app
from portal.config import Config


def _config() -> Config:
    """Return the settings, with an open database."""
    config: Config = load_app().config["PORTAL"]
    return config


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--processes", default=1, show_default=True, help="Web processes.")
@click.option("--no-worker", is_flag=True, help="Leave mails and upkeep to `portal worker`.")
def serve(host: str, port: int, processes: int, no_worker: bool) -> None:
    """Serve the portal and run one worker beside it; Ctrl-C ends both."""
    db.database.close()
    sys.exit(serving.serve(host, port, processes, with_worker=not no_worker))


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def doctor(as_json: bool) -> None:
    """Say what is off and how to mend it."""
    found = checks.examine(load_app)
    if as_json:
        click.echo(json.dumps([check.__dict__ for check in found]))
    else:
        for check in found:
            line = f"{check.state:<4} {check.name}"
            line += f": {check.detail}" if check.detail else ""
            line += f" -> {check.remedy}" if check.remedy else ""
            click.echo(line)
    if any(check.state == "bad" for check in found):
        sys.exit(1)


@click.command("demo")
@click.option("--port", type=int, help="Port of the address that is printed.")
@click.pass_context
def demo(ctx: click.Context, port: int | None) -> None:
    """Fill an empty site with demonstration data and accounts."""
    ctx.invoke(init)
    app: Flask = load_app()
    with app.app_context():
        made = demonstration.load(app)
    if port:
        click.echo(f"\n  http://127.0.0.1:{port}\n")
    for email, password, what in made:
        click.echo(f"  {email:<28} {password}   {what}")


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path), required=False)
def backup(target: Path | None) -> None:
    """Write a verified copy of the database."""
    click.echo(f"Backup: {storage.backup(_config(), target)}")


@click.command("restore")
@click.argument("copy", type=click.Path(exists=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace the current database without asking.")
def restore(copy: Path, yes: bool) -> None:
    """Put a backup in the place of the database; stop the portal first."""
    if not yes:
        click.confirm("Replace the current database?", abort=True)
    storage.restore(_config(), copy)
    click.echo(f"Restored from {copy}.")


@click.command("check")
def check() -> None:
    """Check the database's own consistency."""
    problems = storage.check()
    if problems:
        raise click.ClickException("; ".join(problems))
    click.echo("The database is sound.")
