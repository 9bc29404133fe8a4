"""Tables of workflows and sharing; the history refuses every change to what stands in it."""

from pathlib import Path

from peewee import SqliteDatabase

from portal.migrate import run_script


def up(migrator, db):
    """Create the tables and the triggers."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    refuse = "a history is only ever added to"
    if isinstance(db, SqliteDatabase):
        for act in ("UPDATE", "DELETE"):
            db.execute_sql(
                f"CREATE TRIGGER workflow_history_no_{act.lower()} BEFORE {act} ON "
                f"workflow_history BEGIN SELECT RAISE(ABORT, '{refuse}'); END"
            )
        return
    db.execute_sql(
        "CREATE FUNCTION workflow_history_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refuse}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    db.execute_sql(
        "CREATE TRIGGER workflow_history_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON "
        "workflow_history FOR EACH STATEMENT EXECUTE FUNCTION workflow_history_refuse()"
    )
