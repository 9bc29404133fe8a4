"""The tables of documents; the SQL stands in the file beside this one."""

from pathlib import Path

from portal.migrate import refuse, run_script


def up(migrator, db):
    """Create the tables; what a version says never changes."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    same = ("number", "title", "audience", "file_id", "file_name", "kind", "note", "created_at")
    differs = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in same)
    refuse(db, "documents_version", "UPDATE", when=differs)
