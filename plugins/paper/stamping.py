"""The time of a seal, confirmed by an authority outside (PAdES B-T), when the operator named one.

An authority that does not answer keeps nobody waiting for long: the seal is then made without its stamp,
the page of health says so, and for a while it is not asked again.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from portal import db, settings
from portal.context import Context
from portal.later import Later

asking = Later("plugins.paper.asking")  # which needs the extra "pdf"

PASSWORD = "TSA_PASSWORD"  # noqa: S105  a name, no secret
FILE = "time-stamps.json"
SECONDS = 5.0
LEFT_ALONE = timedelta(minutes=5)
LONGEST = 200
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How it went the last time: when, and why there was no stamp, empty when there was one."""

    at: datetime
    fault: str


def authority(ctx: Context) -> Any:
    """Return who is to be asked for stamps; None for nobody, or for a while after a failure."""
    own = settings.of(ctx, "paper")
    if not own["tsa_url"]:
        return None
    past = last()
    if past and past.fault and ctx.clock.now() - past.at < LEFT_ALONE:
        return None
    login = f"{own['tsa_user']}:{os.environ.get(PASSWORD, '')}" if own["tsa_user"] else ""
    return asking.Authority(own["tsa_url"], login, SECONDS)


def note(ctx: Context, fault: str = "") -> None:
    """Write down how it went; the file is a hint for the page of health and may be lost."""
    if fault:
        logger.warning("Sealed without a confirmed time: %s", fault)
    elif (past := last()) and not past.fault:
        return
    path = _path()
    beside = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        said = {"at": db.utc_text(ctx.clock.now()), "fault": fault[:LONGEST]}
        beside.write_text(json.dumps(said), encoding="utf-8")
        beside.replace(path)


def last() -> Outcome | None:
    """Return how it went the last time, None when nothing is known of it."""
    try:
        found = json.loads(_path().read_text(encoding="utf-8"))
        return Outcome(datetime.fromisoformat(found["at"]), str(found["fault"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _path() -> Path:
    found: Path = current_app.config["PORTAL"].instance_path / FILE
    return found
