"""Pages of mobilities."""

from plugins.mobilities.views import plans, stays
from plugins.mobilities.views.base import blueprint

__all__ = ["blueprint", "plans", "stays"]
