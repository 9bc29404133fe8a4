"""Occupations get their whole ESCO identifier, so that pages and files can name their address."""

from plugins.occupations.data.load import read_concepts


def up(migrator, db):
    """Add the column, and fill it where occupations are there."""
    db.execute_sql("ALTER TABLE occupations_concept ADD COLUMN uuid TEXT NOT NULL DEFAULT ''")
    known = {number for (number,) in db.execute_sql("SELECT id FROM occupations_concept")}
    if not known:
        return
    mark = db.param
    for concept in read_concepts():
        if concept.id in known:
            db.execute_sql(
                f"UPDATE occupations_concept SET uuid = {mark} WHERE id = {mark}",
                (concept.uuid, concept.id),
            )
