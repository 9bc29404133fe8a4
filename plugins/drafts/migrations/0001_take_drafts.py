"""The table of drafts, which the core's step 0006 made, becomes the plugin's own."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Rename the table; where the plugin was purged before, it is made first."""
    run_script(db, Path(__file__).with_suffix(".sql"))
