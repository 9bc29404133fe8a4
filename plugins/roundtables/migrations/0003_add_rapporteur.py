"""Who writes down what a table finds; the SQL stands beside this file."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Add the column."""
    run_script(db, Path(__file__).with_suffix(".sql"))
