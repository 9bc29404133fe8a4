"""Seeded fault: transactions take the write lock late, and nobody waits for it."""

from portal import db

genuine = db.Sqlite.atomic
db.Sqlite.atomic = lambda self, *ignored: genuine(self)
db.BUSY_SECONDS = 0
