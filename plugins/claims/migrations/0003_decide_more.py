"""Cases about people's names and about decisions, with what a statement of reasons must say."""

from pathlib import Path

from peewee import SqliteDatabase

from portal.migrate import run_script


def up(migrator, db):
    """Let a case be about no organisation; SQLite makes the table anew, nothing refers to it."""
    folder = Path(__file__).parent
    if isinstance(db, SqliteDatabase):
        run_script(db, folder / "0003_decide_more_sqlite.sql")
    else:
        run_script(db, folder / "0003_decide_more_postgres.sql")
    run_script(db, folder / "0003_decide_more.sql")
