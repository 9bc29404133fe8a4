"""What people read instead of codes."""

from __future__ import annotations

from portal.i18n import _


def scope_name(scope: str) -> str:
    """Return what a token may do: scope `write` holds `read`."""
    return _("Read and change") if "write" in scope.split() else _("Read only")
