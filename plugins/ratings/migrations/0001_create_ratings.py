"""Who is asked about the end of a placement, what they said; the SQL stands in the file beside this one."""

from pathlib import Path

from portal.migrate import refuse, run_script


def up(migrator, db):
    """Create the tables; stars that somebody gave are never changed."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    same = ("stars", "criterion", "rating_id")
    differs = [f"NEW.{name} <> OLD.{name}" for name in same]
    differs.append("(NEW.stars IS NULL) <> (OLD.stars IS NULL)")
    refuse(db, "ratings_answer", "UPDATE", when=" OR ".join(differs))
