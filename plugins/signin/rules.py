"""How long mailed links work, how often they may be asked for; the colours of pages."""

from __future__ import annotations

from datetime import timedelta

from portal.people.throttle import Limit

SCHEMES = ("", "light", "dark")
VERIFY = "verify"
RESET = "reset"
LIVES = {VERIFY: timedelta(days=3), RESET: timedelta(hours=1)}

REGISTER_ADDRESS = Limit("register-address", 3, 3_600)
"""Registrations of one address: each sends a mail to somebody who may not want it."""
REGISTER_NETWORK = Limit("register-network", 60, 3_600)
"""Registrations from one network: a training room fits, a robot does not."""
RESET_ADDRESS = Limit("reset-address", 3, 3_600)
"""Reset mails to one address: enough for a slow mail server."""
RESET_NETWORK = Limit("reset-network", 30, 3_600)
"""Reset mails asked for from one network."""
