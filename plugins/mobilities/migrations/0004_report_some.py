"""A report may be about some of the participants of a stay; empty for everybody."""


def up(migrator, db):
    """Add whom a report is about."""
    db.execute_sql("ALTER TABLE mobilities_report ADD COLUMN people TEXT NOT NULL DEFAULT '[]'")
