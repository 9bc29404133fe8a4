"""What administrators do from Site Setup that no other service does."""

from __future__ import annotations

from portal.hookspecs import JobKind

JOBS: list[JobKind] = []
