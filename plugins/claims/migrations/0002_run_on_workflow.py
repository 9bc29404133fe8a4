"""Cases run on the workflow of the core: their version, history and what waits for reviewers."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Give the cases that are there a version, the history that is known, and their place in line."""
    run_script(db, Path(__file__).with_suffix(".sql"))
