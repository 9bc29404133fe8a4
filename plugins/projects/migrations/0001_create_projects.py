"""Projects get tables of their own; what partners kept of them moves here."""

from pathlib import Path

from peewee import PostgresqlDatabase

from portal.migrate import run_script

COLUMNS = {
    "project": "id, key, acronym, title, action, call_year, source, batch_id",
    "participation": "id, project_id, organisation_id, role, batch_id",
}


def up(migrator, db):
    """Create the tables, and take over what stands in those of partners."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    if "partners_project" not in db.get_tables():
        return
    for name, columns in COLUMNS.items():
        db.execute_sql(
            f"INSERT INTO projects_{name} ({columns}) SELECT {columns} FROM partners_{name}"
        )
        if isinstance(db, PostgresqlDatabase):
            db.execute_sql(
                f"SELECT setval(pg_get_serial_sequence('projects_{name}', 'id'), "
                f"(SELECT COALESCE(MAX(id), 0) + 1 FROM projects_{name}), false)"
            )
    for name in reversed(COLUMNS):
        db.execute_sql(f"DROP TABLE partners_{name}")
