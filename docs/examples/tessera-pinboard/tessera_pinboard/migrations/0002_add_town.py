"""The SQL of this step stands in the file beside it."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Run the step."""
    run_script(db, Path(__file__).with_suffix(".sql"))
