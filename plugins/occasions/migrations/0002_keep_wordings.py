"""The table of kept wordings; the SQL stands in the file beside this one."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the table."""
    run_script(db, Path(__file__).with_suffix(".sql"))
