"""The tables of agreements; the SQL stands in the file beside this one."""

from pathlib import Path

from portal.migrate import refuse, run_script


def up(migrator, db):
    """Create the tables; what was stored as a version, and what was signed, stays as it is."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    same = ("agreement_id", "number", "digest", "material", "content", "created_at")
    changed = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in same)
    refuse(db, "agreements_version", "UPDATE", when=changed)
    same = ("agreement_id", "party_id", "version_id", "digest", "level", "statement", "signed_at")
    changed = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in same)
    refuse(db, "agreements_signature", "UPDATE", when=changed)
