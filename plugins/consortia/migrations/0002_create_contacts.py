"""The table of the contacts of members; the SQL stands beside this file."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the table."""
    run_script(db, Path(__file__).with_suffix(".sql"))
