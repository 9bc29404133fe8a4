"""Tables of the search engine; they stand in the file beside this one.

The core's step 0002 made them when the engine was part of the core, and still does. This step is for
a portal where the plugin was uninstalled with its data and comes back.
"""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create those tables that are not there."""
    run_script(db, Path(__file__).with_suffix(".sql"))
