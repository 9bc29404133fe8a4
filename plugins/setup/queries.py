"""What the pages of Site Setup ask, in a bounded number of statements; lists go by key."""

from __future__ import annotations

from typing import Any

from portal import db
from portal.jobs import Job
from portal.kernel.models import Plugin
from portal.mail import MOST_ATTEMPTS

PAGE = 50
ACT = "portal.run_plugin_act"


def waiting() -> dict[str, int]:
    """Count what waits for an administrator, by page."""
    failed = "SELECT COUNT(*) FROM job WHERE state = 'failed'"
    unsent = "SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND attempts >= ?"
    jobs, mails = db.query(f"SELECT ({failed}), ({unsent})", (MOST_ATTEMPTS,))[0]
    return {"setup.job_list": jobs, "setup.mails": mails}


def stored_versions() -> dict[str, str]:
    """Return the versions whose tables are there, by plugin."""
    return {row.id: row.version for row in Plugin.select(Plugin.id, Plugin.version)}


def latest_act(plugin: str) -> Any:
    """Return the newest job that acts on a plugin, None without one."""
    rows = Job.select().where(Job.name == ACT).order_by(Job.id.desc()).limit(20)
    return next((row for row in rows if row.payload.get("plugin") == plugin), None)
