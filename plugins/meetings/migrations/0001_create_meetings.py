"""The tables of meetings and decisions; the SQL stands in the file beside this one."""

from pathlib import Path

from portal.migrate import refuse, run_script


def up(migrator, db):
    """Create the tables; what a member said is never changed, only followed by another line."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    same = ("decision_id", "choice", "reason", "at")
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in same)
    refuse(db, "meetings_voice", "UPDATE", when=changed)
