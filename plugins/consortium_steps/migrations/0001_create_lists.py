"""Lists of steps of consortia; the SQL stands in the file beside this one."""

from pathlib import Path

from portal.migrate import refuse, run_script


def up(migrator, db):
    """Create the table; what a version says never changes."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    same = ("consortium_id", "number", "changes", "created_at")
    differs = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in same)
    refuse(db, "consortium_steps_list", "UPDATE", when=differs)
