"""The audit log; its tables stand in the file beside this one."""

from pathlib import Path

from portal.migrate import refuse, run_script


def up(migrator, db):
    """Create the tables and the triggers that keep what was written."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    refuse(db, "audit_entry", "UPDATE", "DELETE")
    refuse(db, "audit_leaf", "UPDATE", "DELETE")
    refuse(db, "audit_value", "UPDATE")
    refuse(db, "audit_tree", "INSERT", "DELETE")
    refuse(db, "audit_tree", "UPDATE", when="NEW.size <> OLD.size + 1")
