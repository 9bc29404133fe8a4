"""Profiles run on the workflow: their state, and working copies of quality promises."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the tables; whoever is claimed stays published."""
    run_script(db, Path(__file__).with_suffix(".sql"))
