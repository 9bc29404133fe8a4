"""Pages of mobilities."""

from plugins.mobilities.views import plans, stays, steps
from plugins.mobilities.views.base import blueprint

__all__ = ["blueprint", "plans", "stays", "steps"]
