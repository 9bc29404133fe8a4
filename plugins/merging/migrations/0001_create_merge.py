"""Tables of merges, of what each of them changed, and of entries that stay two."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the tables."""
    run_script(db, Path(__file__).with_suffix(".sql"))
