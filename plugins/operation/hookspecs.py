"""What running a site asks others."""

from __future__ import annotations

from portal.context import Context
from portal.hookspecs import TRANSACT, hookspec


@hookspec(TRANSACT, guards=False)
def operation_demo_filled(ctx: Context) -> None:
    """Add to the demonstration once its organisations and accounts are there.

    Called once by `portal demo`, after `demo_load` and after the demonstration account has got
    its school, first those that others build on; must be harmless when it was there already.
    """
