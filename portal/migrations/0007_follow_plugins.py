"""Failures of plugins counted for all workers, addresses they answer, a counter for new code."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create and widen the tables."""
    run_script(db, Path(__file__).with_suffix(".sql"))
