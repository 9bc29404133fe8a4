"""A portal that runs apart with this on its path is as many days ahead as a file of its folder says."""

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from portal.clock import SystemClock

genuine = SystemClock.now
ahead = Path(os.environ["PORTAL_INSTANCE"]) / "days-ahead"


def now(self):
    days = 0
    with suppress(OSError, ValueError):
        days = int(ahead.read_text())
    return genuine(self) + timedelta(days=days)


SystemClock.now = now
