"""Occupations get tables of their own; what partners kept of them moves here."""

from pathlib import Path

from portal.migrate import run_script


def up(migrator, db):
    """Create the tables, and take over what stands in those of partners."""
    run_script(db, Path(__file__).with_suffix(".sql"))
    if "partners_concept" in db.get_tables():
        db.execute_sql(
            "INSERT INTO occupations_concept (id, isco_group, fields) "
            "SELECT id, isco_group, fields FROM partners_concept"
        )
        columns = "concept_id, lang, label, folded, preferred"
        db.execute_sql(
            f"INSERT INTO occupations_concept_label ({columns}) "
            f"SELECT {columns} FROM partners_concept_label ORDER BY id"
        )
        db.execute_sql("DROP TABLE partners_concept_label")
        db.execute_sql("DROP TABLE partners_concept")
    for column in ("concept_id", "folded"):
        db.execute_sql(
            f"CREATE INDEX occupations_concept_label_{column} "
            f"ON occupations_concept_label ({column})"
        )
