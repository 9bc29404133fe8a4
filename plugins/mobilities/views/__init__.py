"""Pages of mobilities."""

from plugins.mobilities.views import alarms, files, plans, stays, steps
from plugins.mobilities.views.base import blueprint
from plugins.mobilities.views.links import link

__all__ = ["alarms", "blueprint", "files", "link", "plans", "stays", "steps"]
