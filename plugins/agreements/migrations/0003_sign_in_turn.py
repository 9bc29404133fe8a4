"""Parties may agree on an order of signing."""


def up(migrator, db):
    """Add whether they do; so far nobody did."""
    db.execute_sql("ALTER TABLE agreements_agreement ADD COLUMN in_turn INTEGER NOT NULL DEFAULT 0")
