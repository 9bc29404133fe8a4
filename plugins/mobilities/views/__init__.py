"""Pages of mobilities."""

from plugins.mobilities.views import alarms, plans, stays, steps
from plugins.mobilities.views.base import blueprint
from plugins.mobilities.views.links import link

__all__ = ["alarms", "blueprint", "link", "plans", "stays", "steps"]
