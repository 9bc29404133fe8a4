"""Pages of trust sheets and of the recognition clock."""

from plugins.reliance.views import pages
from plugins.reliance.views.base import blueprint

__all__ = ["blueprint", "pages"]
