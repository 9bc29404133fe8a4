"""Seeded fault: keys of forms are not looked at, so that a retry does everything once more."""

from portal.web import idempotency

idempotency._begin = lambda: None
