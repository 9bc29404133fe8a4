"""The tables of work plans; the SQL stands in the file beside this one."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the tables."""
    run_script(db, Path(__file__).with_suffix(".sql"))
