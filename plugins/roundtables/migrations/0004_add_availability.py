"""When people can come beyond their choices; the SQL stands beside this file."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Add the columns."""
    run_script(db, Path(__file__).with_suffix(".sql"))
