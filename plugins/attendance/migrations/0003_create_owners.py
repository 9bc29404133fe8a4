"""The table of who is reminded of what was agreed; the SQL stands beside this file."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the table."""
    run_script(db, Path(__file__).with_suffix(".sql"))
