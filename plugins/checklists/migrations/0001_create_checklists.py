"""Own lists of steps and proofs; the SQL stands in the file beside this one."""

from pathlib import Path

from portal.migrate import refuse, run_script


def up(migrator, db):
    """Create the tables; what a version of a list says never changes."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    same = ("number", "changes", "created_at")
    differs = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in same)
    refuse(db, "checklists_list", "UPDATE", when=differs)
