"""Pages of the work plugin: each module adds its own to the one blueprint."""

from plugins.work.views import items, money, planning, reporting
from plugins.work.views.base import blueprint

__all__ = ["blueprint", "items", "money", "planning", "reporting"]
