"""Voices are kept, and triggers note whose ratings changed, whichever way they did."""

from pathlib import Path

from peewee import SqliteDatabase

from portal.migrate import run_script

WHEN = {
    "insert": ("AFTER INSERT", "NEW.released_on <> ''", ("NEW",)),
    "update": (
        "AFTER UPDATE OF state, released_on, rater_id, rated_id",
        "NEW.released_on <> '' OR OLD.released_on <> ''",
        ("NEW", "OLD"),
    ),
    "delete": ("AFTER DELETE", "OLD.released_on <> ''", ("OLD",)),
}
CELL = "INSERT INTO ratings_touched (rated) SELECT rated_id FROM ratings_rating WHERE id = NEW.rating_id;"


def up(migrator, db):
    """Create the tables and the triggers; everything that was released counts as changed."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    for name, (act, when, sides) in WHEN.items():
        does = "".join(
            f"INSERT INTO ratings_touched (rated) VALUES ({side}.rated_id);" for side in sides
        )
        _trigger(db, f"ratings_touched_{name}", f"{act} ON ratings_rating", when, does)
    put = "NEW.cell_id IS NOT NULL"
    _trigger(db, "ratings_touched_cell", "AFTER UPDATE OF cell_id ON ratings_answer", put, CELL)


def _trigger(db, name, act, when, does):
    head = f"CREATE TRIGGER {name} {act} FOR EACH ROW WHEN ({when})"
    if isinstance(db, SqliteDatabase):
        db.execute_sql(f"{head} BEGIN {does} END")
        return
    db.execute_sql(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {does} RETURN NULL; END $$"
    )
    db.execute_sql(f"{head} EXECUTE FUNCTION {name}()")
