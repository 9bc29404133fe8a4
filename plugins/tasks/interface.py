"""What other plugins may use: roles on single objects."""

from plugins.tasks.sharing import inherit, inherits, share, shares, unshare

__all__ = ["inherit", "inherits", "share", "shares", "unshare"]
