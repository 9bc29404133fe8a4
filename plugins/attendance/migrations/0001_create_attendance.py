"""The tables of what happens at and after a round table; the SQL stands beside this file."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the tables, and take over the outcomes that stood with the round tables."""
    run_script(db, Path(__file__).with_suffix(".sql"))
