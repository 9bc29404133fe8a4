"""Uploaded files, what became of their rows, what imports changed; the SQL stands beside this."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the tables."""
    run_script(db, Path(__file__).with_suffix(".sql"))
